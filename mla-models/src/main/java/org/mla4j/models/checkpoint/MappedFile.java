package org.mla4j.models.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
  private final Path path;
  private final Arena arena;
  private final MemorySegment segment;
  private boolean open = true;
  private int holders = 1;

  private MappedFile(Path path, Arena arena, MemorySegment segment) {
    this.path = path;
    this.arena = arena;
    this.segment = segment;
  }

  /** Maps a file, read-only; whoever calls closes it. */
  static MappedFile open(Path path) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new MappedFile(path, arena, segment);
    } catch (IOException | UnsupportedOperationException e) {
      // The second where the path is not of the default file system, but inside an archive, say.
      arena.close();
      throw new ModelException(
          ErrorCode.MALFORMED_FILE, "Cannot map '" + path + "': " + e + ".", e);
    }
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
