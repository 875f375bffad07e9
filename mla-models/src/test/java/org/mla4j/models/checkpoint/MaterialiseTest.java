package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.error.MlaException;
import org.mla4j.api.error.ModelException;
import org.mla4j.api.tensor.BFloat16;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.tensor.Float8E4M3;
import org.mla4j.api.tensor.HostStorage;
import org.mla4j.api.tensor.Shape;
import org.mla4j.api.tensor.Tensor;
import org.mla4j.api.weight.WeightForm;
import org.mla4j.api.weight.WeightHandle;
import org.mla4j.models.testing.GoldenOps;
import org.mla4j.models.testing.SafetensorsFile;
import tools.jackson.databind.JsonNode;

/** Stored weights in the types kernels want. */
class MaterialiseTest {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  /** More than one run of the converter, and no multiple of it. */
  private static final int MANY = 5001;

  @TempDir Path folder;
  private final Arena arena = Arena.ofConfined();

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void everyCodeOfEightBitsWidensAsInTheReference() {
    GoldenOps golden = GoldenOps.open();
    float[] expected = golden.floats(golden.op("e4m3"), "decode_table_float32");
    byte[] codes = new byte[256];
    for (int code = 0; code < codes.length; code++) {
      codes[code] = (byte) code;
    }
    assertArrayEquals(expected, floats(weight("F8_E4M3", codes, 256)));
  }

  @Test
  void halvesWidenAsInTheReference() {
    GoldenOps golden = GoldenOps.open();
    JsonNode op = golden.op("f16_decode");
    byte[] bits = golden.bytes(op, "bits");
    assertArrayEquals(golden.floats(op, "values"), floats(weight("F16", bits, bits.length / 2)));
  }

  @Test
  void floatsRoundToBFloat16AsInTheReference() {
    GoldenOps golden = GoldenOps.open();
    JsonNode op = golden.op("bf16");
    ByteBuffer bits = little(golden.bytes(op, "float32_bits"));
    ByteBuffer expected = little(golden.bytes(op, "bf16_bits"));
    // What rounds to infinity is refused, and tested below.
    int count = bits.remaining() / 4;
    int kept = 0;
    byte[] stored = new byte[4 * count];
    short[] wanted = new short[count];
    for (int i = 0; i < count; i++) {
      float value = bits.getFloat(4 * i);
      short rounded = expected.getShort(2 * i);
      if (Float.isInfinite(value) || !Float.isInfinite(BFloat16.toFloat(rounded))) {
        little(stored).putFloat(4 * kept, value);
        wanted[kept++] = rounded;
      }
    }
    WeightHandle weight = weight("F32", Arrays.copyOf(stored, 4 * kept), kept);
    Tensor target = target(DType.BF16, weight.shape());
    weight.materialise(target);
    assertArrayEquals(Arrays.copyOf(wanted, kept), shorts(target));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16", "F8_E4M3"})
  void everyTypeGoesIntoEveryOther(DType stored) {
    byte[] bytes = new byte[MANY * stored.byteSize()];
    float[] values = new float[MANY];
    Random random = new Random(5);
    ByteBuffer buffer = little(bytes);
    for (int i = 0; i < MANY; i++) {
      float value = (float) random.nextGaussian();
      switch (stored) {
        case F32 -> buffer.putFloat(value);
        case BF16 -> buffer.putShort(BFloat16.fromFloat(value));
        case F16 -> buffer.putShort(Float.floatToFloat16(value));
        case F8_E4M3 -> buffer.put(Float8E4M3.fromFloat(value));
        default -> throw new AssertionError(stored);
      }
      values[i] =
          switch (stored) {
            case F32 -> value;
            case BF16 -> BFloat16.toFloat(BFloat16.fromFloat(value));
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case F8_E4M3 -> Float8E4M3.toFloat(Float8E4M3.fromFloat(value));
            default -> throw new AssertionError(stored);
          };
    }
    WeightHandle weight = weight(stored.name(), bytes, 3, MANY / 3);
    assertArrayEquals(values, floats(weight));
    for (DType wanted : new DType[] {DType.BF16, DType.F16}) {
      Tensor target = target(wanted, weight.shape());
      weight.materialise(target);
      short[] found = shorts(target);
      for (int i = 0; i < MANY; i++) {
        short expected =
            wanted == DType.BF16 ? BFloat16.fromFloat(values[i]) : Float.floatToFloat16(values[i]);
        assertEquals(expected, found[i], wanted + " element " + i);
      }
    }
  }

  @Test
  void onceMoreWritesTheSameToTheSamePlaceAndNothingBesideIt() {
    WeightHandle weight = weight("F32", floatBytes(1, 2), 2);
    MemorySegment memory = arena.allocate(16);
    memory.fill((byte) 0x55);
    Tensor target = Tensor.dense(DType.F32, Shape.of(2), new HostStorage(memory), 3);
    for (int time = 0; time < 2; time++) {
      weight.materialise(target);
      assertEquals(1, memory.get(FLOAT, 3));
      assertEquals(2, memory.get(FLOAT, 7));
    }
    assertEquals(0x55, memory.get(ValueLayout.JAVA_BYTE, 2));
    assertEquals(0x55, memory.get(ValueLayout.JAVA_BYTE, 11));
  }

  @Test
  void refusesATargetThatCannotHoldTheWeight() {
    WeightHandle weight = weight("BF16", new byte[12], 2, 3);
    String start = "Weight 'w': expected a dense F32, BF16 or F16 [2, 3], found ";
    assertRefused(
        start + "F8_E4M3 [2, 3] on host. [MLA-0302]",
        () -> weight.materialise(target(DType.F8_E4M3, Shape.of(2, 3))));
    assertRefused(
        start + "F32 [3, 2] on host. [MLA-0302]",
        () -> weight.materialise(target(DType.F32, Shape.of(3, 2))));
    Tensor strided =
        Tensor.strided(
            DType.F32, Shape.of(2, 3), new long[] {4, 1}, new HostStorage(arena.allocate(64)), 0);
    assertRefused(
        start + "a strided F32 [2, 3] on host. [MLA-0302]", () -> weight.materialise(strided));
  }

  @Test
  void refusesToMakeAWeightInfinite() {
    WeightHandle weight = weight("F32", floatBytes(1, -70000, Float.MAX_VALUE), 3);
    assertRefused(
        "Weight 'w': element 1 is -70000.0, beyond the range of F16; expected a target of type"
            + " F32. [MLA-0302]",
        () -> weight.materialise(target(DType.F16, Shape.of(3))));
    assertRefused(
        "Weight 'w': element 2 is 3.4028235E38, beyond the range of BF16; expected a target of"
            + " type F32. [MLA-0302]",
        () -> weight.materialise(target(DType.BF16, Shape.of(3))));
  }

  @Test
  void keepsWhatIsInfiniteOrNoNumber() {
    WeightHandle weight = weight("F32", floatBytes(Float.NEGATIVE_INFINITY, Float.NaN), 2);
    Tensor target = target(DType.F16, Shape.of(2));
    weight.materialise(target);
    assertEquals(Float.NEGATIVE_INFINITY, Float.float16ToFloat(shorts(target)[0]));
    assertEquals(Float.NaN, Float.float16ToFloat(shorts(target)[1]));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void blockScalesMultiplyAsInTheReference(int index) {
    GoldenOps golden = GoldenOps.open();
    JsonNode given = golden.op("fp8_block_dequant").get("cases").get(index);
    long[] shape = golden.shape(given, "codes");
    new SafetensorsFile()
        .tensor("w", "F8_E4M3", golden.bytes(given, "codes"), shape)
        .floats(
            "w_scale_inv",
            golden.floats(given, "weight_scale_inv"),
            golden.shape(given, "weight_scale_inv"))
        .write(folder.resolve("model.safetensors"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      WeightHandle weight = checkpoint.require("w");
      assertEquals(DType.F8_E4M3, weight.dtype());
      assertArrayEquals(golden.floats(given, "dequantised"), floats(weight));
      Tensor rounded = target(DType.BF16, Shape.of(shape));
      weight.materialise(rounded);
      float[] expected = golden.floats(given, "dequantised");
      short[] found = shorts(rounded);
      for (int i = 0; i < found.length; i++) {
        assertEquals(BFloat16.fromFloat(expected[i]), found[i], "element " + i);
      }
    }
  }

  @Test
  void aScaleMayBeAnExponentOfTwo() {
    // Codes of 1, 1.5 and -2; rows of the grid: the least, one, the largest, none.
    byte[] row = {0x38, 0x3C, (byte) 0xC0};
    byte[] codes = new byte[3 * 385];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = row[i % 3];
    }
    exponentScaled(codes, new long[] {385, 3}, new byte[] {0, 127, (byte) 254, (byte) 255}, 4, 1);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      float[] values = floats(checkpoint.require("w"));
      for (int block = 0; block < 4; block++) {
        float scale = new float[] {0x1p-127f, 1, 0x1p127f, Float.NaN}[block];
        // The first row of a block and the last: of the fourth there is but one.
        for (int at : new int[] {128 * block, Math.min(128 * block + 127, 384)}) {
          float[] found = Arrays.copyOfRange(values, 3 * at, 3 * at + 3);
          assertArrayEquals(new float[] {scale, 1.5f * scale, -2 * scale}, found, "row " + at);
        }
      }
    }
  }

  @Test
  void everyExponentIsAPowerOfTwo() {
    byte[] scales = new byte[256];
    for (int code = 0; code < scales.length; code++) {
      scales[code] = (byte) code;
    }
    byte[] ones = new byte[128 * 256];
    Arrays.fill(ones, (byte) 0x38);
    exponentScaled(ones, new long[] {1, ones.length}, scales, 1, scales.length);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      float[] values = floats(checkpoint.require("w"));
      for (int code = 0; code < 255; code++) {
        assertEquals((float) Math.pow(2, code - 127), values[128 * code], "code " + code);
        assertEquals(values[128 * code], values[128 * code + 127], "code " + code);
      }
      assertEquals(Float.NaN, values[128 * 255]);
    }
  }

  @Test
  void exponentsAreReadAsScalesOnly() {
    exponentScaled(new byte[4], new long[] {2, 2}, new byte[1], 1, 1);
    Path file = folder.resolve("model.safetensors");
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      ModelException e = assertThrows(ModelException.class, () -> checkpoint.find("w_scale_inv"));
      assertEquals(
          file
              + ": tensor 'w_scale_inv' is stored as F8_E8M0, which cannot be read; expected one of"
              + " F32, F16, BF16, F8_E4M3. [MLA-0205]",
          e.getMessage());
    }
  }

  @Test
  void refusesScalesThatAreNoNumbersToMultiplyBy() {
    new SafetensorsFile()
        .tensor("w", "F8_E4M3", new byte[4], 2, 2)
        .tensor("w_scale_inv", "U8", new byte[1], 1, 1)
        .write(folder.resolve("model.safetensors"));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      ModelException e = assertThrows(ModelException.class, () -> checkpoint.find("w"));
      assertEquals(
          folder.resolve("model.safetensors")
              + ": tensor 'w_scale_inv' is stored as U8, which cannot be read; expected one of F32,"
              + " F16, BF16, F8_E4M3, F8_E8M0. [MLA-0205]",
          e.getMessage());
    }
  }

  @Test
  void refusesExponentsThatAreNotOneForEachBlock() {
    exponentScaled(new byte[258], new long[] {2, 129}, new byte[1], 1, 1);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      ModelException e = assertThrows(ModelException.class, () -> checkpoint.find("w"));
      assertEquals(
          "Tensor 'w_scale_inv': expected [1, 2], one scale for each block of 128 x 128 of [2,"
              + " 129], found [1, 1]. [MLA-0203]",
          e.getMessage());
    }
  }

  @Test
  void aBlockScaledWeightIsNotPlain() {
    blockScaled(new long[] {2, 2}, new float[] {2}, 1, 1);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      WeightHandle weight = checkpoint.require("w");
      assertEquals(false, weight.isPlain());
      ModelException e = assertThrows(ModelException.class, weight::lease);
      assertEquals(
          "Weight 'w' has block scales; materialise it instead. [MLA-0205]", e.getMessage());
    }
  }

  @Test
  void aBlockScaledWeightCanBeTakenApart() {
    blockScaled(new long[] {2, 129}, new float[] {2, 3}, 1, 2);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      WeightForm.BlockScaled form =
          assertInstanceOf(WeightForm.BlockScaled.class, checkpoint.require("w").form());
      assertEquals(128, form.blockRows());
      assertEquals(128, form.blockColumns());
      assertEquals(DType.F8_E4M3, form.values().dtype());
      assertEquals(Shape.of(2, 129), form.values().shape());
      assertEquals(new WeightForm.Plain(), form.values().form());
      assertEquals(DType.F32, form.scales().dtype());
      assertArrayEquals(new float[] {2, 3}, floats(form.scales()));
      assertEquals(new WeightForm.Plain(), form.scales().form());
    }
    exponentScaled(new byte[4], new long[] {2, 2}, new byte[] {126}, 1, 1);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      WeightForm.BlockScaled form =
          assertInstanceOf(WeightForm.BlockScaled.class, checkpoint.require("w").form());
      assertEquals(DType.U8, form.scales().dtype());
      byte[] exponent = new byte[1];
      form.scales().read(0, MemorySegment.ofArray(exponent));
      assertEquals(126, exponent[0]);
    }
  }

  @Test
  void refusesScalesThatAreNotOneForEachBlock() {
    blockScaled(new long[] {129, 128}, new float[] {2}, 1, 1);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      ModelException e = assertThrows(ModelException.class, () -> checkpoint.find("w"));
      assertEquals(
          "Tensor 'w_scale_inv': expected [2, 1], one scale for each block of 128 x 128 of [129,"
              + " 128], found [1, 1]. [MLA-0203]",
          e.getMessage());
    }
  }

  @Test
  void refusesBlockScalesOfWhatIsNoMatrix() {
    blockScaled(new long[] {4}, new float[] {2}, 1);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      ModelException e = assertThrows(ModelException.class, () -> checkpoint.find("w"));
      assertEquals(
          "Tensor 'w' has block scales and shape [4]; expected a matrix. [MLA-0203]",
          e.getMessage());
    }
  }

  private void blockScaled(long[] shape, float[] scales, long... grid) {
    new SafetensorsFile()
        .tensor("w", "F8_E4M3", new byte[(int) Shape.of(shape).elements()], shape)
        .floats("w_scale_inv", scales, grid)
        .write(folder.resolve("model.safetensors"));
  }

  private void exponentScaled(byte[] codes, long[] shape, byte[] scales, long... grid) {
    new SafetensorsFile()
        .tensor("w", "F8_E4M3", codes, shape)
        .tensor("w_scale_inv", "F8_E8M0", scales, grid)
        .write(folder.resolve("model.safetensors"));
  }

  private Checkpoint open;

  @AfterEach
  void close() {
    if (open != null) {
      open.close();
    }
  }

  private WeightHandle weight(String dtype, byte[] bytes, long... shape) {
    new SafetensorsFile()
        .tensor("odd", "I8", new byte[1], 1)
        .tensor("w", dtype, bytes, shape)
        .write(folder.resolve("model.safetensors"));
    open = Checkpoint.open(folder);
    return open.require("w");
  }

  private Tensor target(DType dtype, Shape shape) {
    return Tensor.dense(dtype, shape, arena.allocate(shape.elements() * dtype.byteSize()));
  }

  private float[] floats(WeightHandle weight) {
    Tensor target = target(DType.F32, weight.shape());
    weight.materialise(target);
    return target.segment().toArray(FLOAT);
  }

  private static short[] shorts(Tensor tensor) {
    return tensor.segment().toArray(SHORT);
  }

  private static byte[] floatBytes(float... values) {
    ByteBuffer bytes = little(new byte[4 * values.length]);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void assertRefused(String message, Runnable call) {
    MlaException e = assertThrows(InvalidInputException.class, call::run);
    assertEquals(message, e.getMessage());
  }
}
