package org.mla4j.models.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.ModelException;

/**
 * A file mapped into memory for as long as anybody holds it: the checkpoint that opened it until
 * {@link #close}, and every lease on a tensor in it.
 *
 * <p>Threading: safe to share.
 */
final class MappedFile implements AutoCloseable {
  /** Bytes read at a time: a system call is nothing to them, and any buffer can count them. */
  private static final long READ = 1 << 22;

  private final Path path;
  private final @Nullable Object key;
  private final Arena arena;
  private final MemorySegment segment;
  private boolean open = true;
  private int holders = 1;

  private MappedFile(Path path, @Nullable Object key, Arena arena, MemorySegment segment) {
    this.path = path;
    this.key = key;
    this.arena = arena;
    this.segment = segment;
  }

  /** Maps a file, read-only; whoever calls closes it. */
  static MappedFile open(Path path) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new MappedFile(path, key(path), arena, segment);
    } catch (IOException | UnsupportedOperationException e) {
      // The second where the path is not of the default file system, but inside an archive, say.
      arena.close();
      throw new ModelException(
          ErrorCode.MALFORMED_FILE, "Cannot map '" + path + "': " + e + ".", e);
    }
  }

  /** What tells the file from another one under its path; null where the system has nothing. */
  private static @Nullable Object key(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  Path path() {
    return path;
  }

  long byteSize() {
    return segment.byteSize();
  }

  /** The mapped bytes; to be used by holders only. */
  MemorySegment segment() {
    return segment;
  }

  /**
   * Copies bytes without touching the mapping, whose pages would stay in the process. The channel is
   * of this call alone, since an interrupt closes it; the read goes on then, and the thread stays
   * interrupted.
   *
   * @param what what is read, for messages
   * @param offset of the file; the bytes are known to be in it
   * @param target native memory, filled to its end
   */
  void read(String what, long offset, MemorySegment target) {
    hold(what);
    boolean interrupted = false;
    try {
      long done = 0;
      while (done < target.byteSize()) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
          requireSame(channel);
          while (done < target.byteSize()) {
            long count = Math.min(READ, target.byteSize() - done);
            ByteBuffer buffer = target.asSlice(done, count).asByteBuffer();
            int read = channel.read(buffer, offset + done);
            if (read < 0) {
              throw changed();
            }
            done += read;
          }
        } catch (ClosedByInterruptException e) {
          interrupted = Thread.interrupted();
        }
      }
    } catch (IOException e) {
      throw new ModelException(
          ErrorCode.MALFORMED_FILE, "Cannot read '" + path + "': " + e + ".", e);
    } finally {
      release();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What was checked when it was mapped says nothing of a file that took its place. */
  private void requireSame(FileChannel channel) throws IOException {
    if (channel.size() != byteSize() || !Objects.equals(key, key(path))) {
      throw changed();
    }
  }

  private ModelException changed() {
    return new ModelException(
        ErrorCode.MALFORMED_FILE,
        path
            + " is another file than when it was opened; expected the "
            + byteSize()
            + " bytes that were checked then.");
  }

  /** Adds a holder; {@code what} is what it wants to read. Others that still hold do not help. */
  synchronized void hold(String what) {
    if (!open) {
      throw new ClosedException(
          ErrorCode.CLOSED,
          "Weight '" + what + "' was asked of checkpoint file '" + path + "' after it was closed.");
    }
    holders++;
  }

  /** Gives up a hold; the last one unmaps the file. */
  synchronized void release() {
    if (--holders == 0) {
      arena.close();
    }
  }

  /** Gives up the first hold and lets nobody hold any more. Calling it twice does no harm. */
  @Override
  public synchronized void close() {
    if (open) {
      open = false;
      release();
    }
  }
}
