package org.mla4j.models.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.mla4j.api.backend.ProgressListener;

/**
 * Looks for weights that are NaN or infinite. One is enough to make every output of a model NaN,
 * and by then nobody can tell where it came from.
 */
public final class WeightScan {
  private static final String PHASE = "weights checked";

  /** The most bytes read and searched at a time: they are searched in the cache. */
  private static final long PIECE = 1 << 20;

  private final ExecutorService threads;
  private final BlockingQueue<MemorySegment> buffers;

  private WeightScan(ExecutorService threads, BlockingQueue<MemorySegment> buffers) {
    this.threads = threads;
    this.buffers = buffers;
  }

  /**
   * Reads every tensor of a float type, block scales included, of a block type its scales, whether
   * a model uses it or not. They are read piece by piece, by as many threads as there are
   * processors; no page of the files stays in the process.
   *
   * @param checkpoint the weights
   * @param progress told how many tensors are done
   * @return the tensors with elements that are not finite, in the order of the files
   * @throws org.mla4j.api.error.ModelException if a file cannot be read any more
   * @throws org.mla4j.api.error.ClosedException if the checkpoint is closed
   */
  public static List<NonFiniteTensor> scan(Checkpoint checkpoint, ProgressListener progress) {
    int count = Runtime.getRuntime().availableProcessors();
    BlockingQueue<MemorySegment> buffers = new ArrayBlockingQueue<>(count);
    try (Arena arena = Arena.ofShared();
        ExecutorService threads =
            Executors.newFixedThreadPool(
                count, Thread.ofPlatform().daemon().name("mla-weight-scan-", 0).factory())) {
      for (int i = 0; i < count; i++) {
        buffers.add(arena.allocate(PIECE, Long.BYTES));
      }
      try {
        return new WeightScan(threads, buffers).scan(checkpoint.stored(), progress);
      } catch (CompletionException e) {
        threads.shutdownNow();
        throw e.getCause() instanceof RuntimeException cause ? cause : e;
      }
    }
  }

  private List<NonFiniteTensor> scan(List<StoredTensor> tensors, ProgressListener progress) {
    List<List<CompletableFuture<NonFiniteSearch.Found>>> pieces =
        tensors.stream().map(this::start).toList();
    List<NonFiniteTensor> found = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      StoredTensor tensor = tensors.get(i);
      NonFiniteSearch.Found bad =
          pieces.get(i).stream()
              .map(CompletableFuture::join)
              .reduce(NonFiniteSearch.Found.NONE, NonFiniteSearch.Found::then);
      if (bad.count() > 0) {
        found.add(
            new NonFiniteTensor(
                tensor.name(),
                tensor.file().path(),
                tensor.type(),
                tensor.shape(),
                bad.first(),
                bad.count()));
      }
      progress.progress(PHASE, i + 1, tensors.size());
    }
    return List.copyOf(found);
  }

  private List<CompletableFuture<NonFiniteSearch.Found>> start(StoredTensor tensor) {
    List<CompletableFuture<NonFiniteSearch.Found>> pieces = new ArrayList<>();
    tensor
        .search()
        .ifPresent(search -> {
          long piece = PIECE / search.unitBytes() * search.unitBytes();
          for (long from = 0; from < tensor.bytes(); from += piece) {
            long at = from;
            long count = Math.min(piece, tensor.bytes() - from);
            pieces.add(
                CompletableFuture.supplyAsync(() -> search(tensor, search, at, count), threads));
          }
        });
    return pieces;
  }

  private NonFiniteSearch.Found search(
      StoredTensor tensor, NonFiniteSearch search, long from, long count) {
    MemorySegment buffer = buffers.remove(); // there is one for each thread
    try {
      MemorySegment bytes = buffer.asSlice(0, count);
      tensor.file().read(tensor.name(), tensor.offset() + from, bytes);
      return search.search(bytes).behind(from / search.unitBytes() * search.unitElements());
    } finally {
      buffers.add(buffer);
    }
  }
}
