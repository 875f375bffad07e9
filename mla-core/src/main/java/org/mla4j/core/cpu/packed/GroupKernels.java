package org.mla4j.core.cpu.packed;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** Makes kernels of a {@link BlockCode}: each is a class with one method. */
final class GroupKernels {
  /** Sums that are kept apart: an addition waits for the one before it for some cycles. */
  private static final int SUMS = 4;

  /** Columns that are widened without a loop: of more, C1 makes no code that counts its calls. */
  private static final int WIDENED = 16;

  private static final ClassDesc SEGMENT = VectorCode.desc(MemorySegment.class);
  private static final ClassDesc ARRAY = CD_float.arrayType();

  private GroupKernels() {}

  static GroupProduct product(Supplier<BlockCode> format) {
    MethodTypeDesc type =
        MethodTypeDesc.of(
            CD_void, SEGMENT, CD_long, CD_int, CD_int, ARRAY, CD_int, ARRAY, CD_int, SEGMENT,
            CD_long);
    return KernelClass.make(
        GroupProduct.class, "multiply", type, code -> writeProduct(code, format.get()));
  }

  static GroupWidening widening(Supplier<BlockCode> format) {
    MethodTypeDesc type =
        MethodTypeDesc.of(CD_void, SEGMENT, CD_long, CD_int, CD_int, CD_int, SEGMENT, CD_long);
    return KernelClass.make(
        GroupWidening.class, "widen", type, code -> writeWidening(code, format.get()));
  }

  static GroupTouch touch() {
    MethodTypeDesc type = MethodTypeDesc.of(CD_void, SEGMENT, CD_long, CD_long, SEGMENT, CD_long);
    return KernelClass.make(GroupTouch.class, "touch", type, GroupKernels::writeTouch);
  }

  /** The bits of the first vector of each line, joined. */
  private static void writeTouch(VectorCode code) {
    var plain = code.plain();
    int group = plain.parameterSlot(0);
    int at = plain.parameterSlot(1);
    int bytes = plain.parameterSlot(2);
    int out = plain.parameterSlot(3);
    int outAt = plain.parameterSlot(4);
    int lines = code.newInt();
    int line = code.newInt();
    int lane = code.newInt();
    int lineAt = code.newLong();
    int joined = code.constant(0);
    plain.iconst_0().istore(lane);
    plain.lload(bytes).loadConstant((long) GroupTouch.LINE).ldiv().l2i().istore(lines);
    Runnable touchLine =
        () -> {
          plain.iload(line).i2l().loadConstant((long) GroupTouch.LINE).lmul();
          plain.lload(at).ladd().lstore(lineAt);
          code.loadInts(group, lineAt, 0, lane).get(joined).or().set(joined);
        };
    code.loop(line, 0, () -> plain.iload(lines), 1, touchLine);
    code.get(joined).asFloats().storeFloats(out, outAt, 0);
    plain.return_();
  }

  /** For each block: raw weights times floats, in four sums; these times the scales. */
  private static void writeProduct(VectorCode code, BlockCode format) {
    var plain = code.plain();
    int group = plain.parameterSlot(0);
    int at = plain.parameterSlot(1);
    int lane = plain.parameterSlot(2);
    int columns = plain.parameterSlot(3);
    int x = plain.parameterSlot(4);
    int xAt = plain.parameterSlot(5);
    int sums = plain.parameterSlot(6);
    int sumsAt = plain.parameterSlot(7);
    int out = plain.parameterSlot(8);
    int outAt = plain.parameterSlot(9);
    int block = code.newInt();
    int blocks = code.newInt();
    int column = code.newInt();
    int total = code.newVector();
    int[] parts = new int[SUMS];
    for (int i = 0; i < SUMS; i++) {
      parts[i] = code.newVector();
    }
    BlockCode.Place place = new BlockCode.Place(group, at, block, lane);
    plain.iload(columns).loadConstant(format.columns()).idiv().istore(blocks);
    format.prepare(code);
    Runnable multiplyBlock =
        () -> {
          plain.iload(block).loadConstant(format.columns()).imul();
          plain.iload(xAt).iadd().istore(column);
          format.begin(code, place);
          if (format.hasScale()) {
            startParts(code, format, parts, sums, sumsAt, block);
          }
          for (int i = 0; i < format.columns(); i++) {
            format.raw(code, place, i);
            code.broadcast(x, column, i).get(parts[i % SUMS]).fma().set(parts[i % SUMS]);
          }
          if (format.hasScale()) {
            sum(code, parts);
            format.scale(code, place);
            code.get(total).fma().set(total);
          }
          if (format.hasLeast()) {
            format.least(code, place);
            blockSum(code.species(), format, sums, sumsAt, block);
            plain.fneg();
            code.broadcast().get(total).fma().set(total);
          }
        };
    code.zero().set(total);
    for (int part : parts) {
      code.zero().set(part);
    }
    code.loop(block, 0, () -> plain.iload(blocks), 1, multiplyBlock);
    if (!format.hasScale()) {
      sum(code, parts);
      code.set(total);
    }
    code.get(total).storeFloats(out, outAt, 0, lane);
    plain.return_();
  }

  /** A block's sums start at 0, but the first one at what is too much of all raw weights. */
  private static void startParts(
      VectorCode code, BlockCode format, int[] parts, int sums, int sumsAt, int block) {
    for (int part : parts) {
      code.zero().set(part);
    }
    if (format.excess() != 0) {
      blockSum(code.species(), format, sums, sumsAt, block);
      code.plain().loadConstant(format.excess()).fmul();
      code.broadcast().set(parts[0]);
    }
  }

  /** Leaves the sum of the floats that a block is multiplied by. */
  private static void blockSum(VectorCode code, BlockCode format, int sums, int sumsAt, int block) {
    var plain = code.plain();
    int perBlock = format.columns() / PackedMatrix.SUMMED;
    for (int i = 0; i < perBlock; i++) {
      plain.aload(sums).iload(sumsAt).iload(block).loadConstant(perBlock).imul().iadd();
      plain.loadConstant(i).iadd().faload();
      if (i > 0) {
        plain.fadd();
      }
    }
  }

  private static void sum(VectorCode code, int[] parts) {
    code.get(parts[0]).get(parts[1]).add().get(parts[2]).get(parts[3]).add().add();
  }

  private static void writeWidening(VectorCode code, BlockCode format) {
    var plain = code.plain();
    int group = plain.parameterSlot(0);
    int at = plain.parameterSlot(1);
    int lane = plain.parameterSlot(2);
    int first = plain.parameterSlot(3);
    int count = plain.parameterSlot(4);
    int panel = plain.parameterSlot(5);
    int panelAt = plain.parameterSlot(6);
    int index = code.newInt();
    int block = code.newInt();
    int to = code.newLong();
    int part = code.newInt();
    int value = code.newVector();
    int scale = code.newVector();
    int offset = code.newVector();
    BlockCode.Place place = new BlockCode.Place(group, at, block, lane);
    format.prepare(code);
    boolean hasOffset = format.excess() != 0 || format.hasLeast();
    Runnable widenBlock =
        () -> {
          plain.iload(first).iload(index).iadd().istore(block);
          plain.iload(index).i2l();
          plain.loadConstant((long) Panel.STRIDE * format.columns()).lmul();
          plain.lload(panelAt).ladd().lstore(to);
          format.begin(code, place);
          if (format.hasScale()) {
            format.scale(code, place);
            code.set(scale);
          }
          if (hasOffset) {
            code.get(scale).mul(format.excess());
            if (format.hasLeast()) {
              format.least(code, place);
              code.neg().add();
            }
            code.set(offset);
          }
          int parts = format.columns() / WIDENED;
          Runnable widenPart =
              () -> {
                for (int i = 0; i < WIDENED; i++) {
                  format.raw(code, place, i);
                  if (hasOffset) {
                    code.get(scale).get(offset).fma();
                  } else if (format.hasScale()) {
                    code.get(scale).mul();
                  }
                  code.set(value);
                  code.get(value).storeFloats(panel, to, (long) Panel.STRIDE * i, lane);
                }
                if (parts > 1) {
                  format.skip(code, WIDENED);
                  plain.lload(to).loadConstant((long) Panel.STRIDE * WIDENED).ladd().lstore(to);
                }
              };
          if (parts == 1) {
            widenPart.run();
          } else {
            code.loop(part, 0, () -> plain.loadConstant(parts), 1, widenPart);
          }
        };
    code.loop(index, 0, () -> plain.iload(count), 1, widenBlock);
    plain.return_();
  }
}
