package org.mla4j.models.checkpoint;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.backend.ProgressListener;

/**
 * Looks for weights that are NaN or infinite. One is enough to make every output of a model NaN,
 * and by then nobody can tell where it came from.
 */
public final class WeightScan {
  private static final String PHASE = "weights checked";

  private WeightScan() {}

  /**
   * Reads every tensor of a float type, block scales included, of a block type its scales, whether
   * a model uses it or not. They are read where they are mapped and nothing is copied; it takes as
   * long as reading the files.
   *
   * @param checkpoint the weights
   * @param progress told how many tensors are done
   * @return the tensors with elements that are not finite, in the order of the files
   * @throws org.mla4j.api.error.ClosedException if the checkpoint is closed
   */
  public static List<NonFiniteTensor> scan(Checkpoint checkpoint, ProgressListener progress) {
    List<StoredTensor> tensors = checkpoint.stored();
    List<NonFiniteTensor> found = new ArrayList<>();
    int done = 0;
    for (StoredTensor tensor : tensors) {
      if (tensor.search().isPresent()) {
        NonFiniteSearch.Found bad = search(tensor, tensor.search().get());
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
      }
      progress.progress(PHASE, ++done, tensors.size());
    }
    return List.copyOf(found);
  }

  private static NonFiniteSearch.Found search(StoredTensor tensor, NonFiniteSearch search) {
    MappedFile file = tensor.file();
    file.hold(tensor.name());
    try {
      return search.search(file.segment().asSlice(tensor.offset(), tensor.bytes()));
    } finally {
      file.release();
    }
  }
}
