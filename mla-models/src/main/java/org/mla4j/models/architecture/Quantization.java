package org.mla4j.models.architecture;

import java.util.Arrays;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.checkpoint.ModelConfig;

/** What a configuration says about how the weights were quantised. */
public final class Quantization {
  private static final int[] BLOCK = {128, 128};

  private Quantization() {}

  /**
   * Refuses a checkpoint whose weights would be misread. Understood are plain floats, and FP8 codes
   * with one scale for each block of 128 x 128. That scales are powers of two ({@code scale_fmt})
   * says nothing about how they are stored: the type of their tensor does.
   *
   * @param config the configuration of the model
   * @throws ModelException if the weights were quantised in another way
   */
  public static void requireReadable(ModelConfig config) {
    config.section("quantization_config").ifPresent(Quantization::requireBlockScaled);
  }

  private static void requireBlockScaled(ModelConfig section) {
    section.choice("quant_method", "", "fp8");
    section.choice("fmt", "e4m3", "e4m3");
    section.choice("scale_fmt", "ue8m0", "ue8m0");
    // Codes with one scale for a whole tensor keep it under another name: they would be taken for
    // values.
    int[] block = section.ints("weight_block_size");
    if (!Arrays.equals(block, BLOCK)) {
      throw section.refused("weight_block_size", Arrays.toString(block), Arrays.toString(BLOCK));
    }
  }
}
