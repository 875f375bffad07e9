package org.mla4j.core.cpu.packed;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.mla4j.core.cpu.simd.Lanes;

/**
 * Writes vector code one operation after another, as a stack machine: an operation takes what the
 * ones before it have left and leaves its own result.
 *
 * <p>Kernels are written this way where they have to be one method without inner loops, since C2
 * neither unrolls loops of vector operations nor may be trusted to inline helper methods: a few
 * lines of Java that write the method say the same as hundreds of lines of it.
 */
final class VectorCode {
  private static final ClassDesc LANES = desc(Lanes.class);
  private static final ClassDesc SEGMENT = desc(MemorySegment.class);
  private static final ClassDesc VALUE_LAYOUT = desc(ValueLayout.class);
  private static final ClassDesc FLOAT_LAYOUT = desc(ValueLayout.OfFloat.class);
  private static final ClassDesc BYTE_ORDER = desc(ByteOrder.class);
  private static final ClassDesc SPECIES = desc(VectorSpecies.class);
  private static final ClassDesc VECTOR = desc(Vector.class);
  private static final ClassDesc FLOATS = desc(FloatVector.class);
  private static final ClassDesc INTS = desc(IntVector.class);
  private static final ClassDesc OPERATORS = desc(VectorOperators.class);
  private static final ClassDesc BINARY = desc(VectorOperators.Binary.class);
  private static final ClassDesc CONVERSION = desc(VectorOperators.Conversion.class);

  /** In place of a variable, where there is only one vector. */
  private static final int NO_LANE = -1;

  private final CodeBuilder code;

  VectorCode(CodeBuilder code) {
    this.code = code;
  }

  static ClassDesc desc(Class<?> type) {
    return ClassDesc.ofDescriptor(type.descriptorString());
  }

  /** What is written besides vector operations. */
  CodeBuilder plain() {
    return code;
  }

  // Variables.

  int newInt() {
    return code.allocateLocal(TypeKind.INT);
  }

  int newLong() {
    return code.allocateLocal(TypeKind.LONG);
  }

  int newVector() {
    return code.allocateLocal(TypeKind.REFERENCE);
  }

  VectorCode get(int vector) {
    code.aload(vector);
    return this;
  }

  void set(int vector) {
    code.astore(vector);
  }

  /** Repeats code for {@code from}, {@code from + step}, ... below a limit. */
  void loop(int counter, int from, Runnable limit, int step, Runnable body) {
    Label test = code.newLabel();
    Label start = code.newLabel();
    code.loadConstant(from).istore(counter).goto_(test).labelBinding(start);
    body.run();
    code.iinc(counter, step).labelBinding(test).iload(counter);
    limit.run();
    code.if_icmplt(start);
  }

  // Vectors from memory. Addresses are a long variable, a constant, and bytes for each lane that
  // an int variable counts.

  VectorCode loadFloats(int segment, int address, long shift, int lane) {
    return load(FLOATS, "FLOATS", segment, address, shift, lane, 4);
  }

  VectorCode loadFloats(int segment, int address, long shift) {
    return load(FLOATS, "FLOATS", segment, address, shift, NO_LANE, 4);
  }

  VectorCode loadInts(int segment, int address, long shift, int lane) {
    return load(INTS, "INTS", segment, address, shift, lane, 4);
  }

  /** Sixteen bits each, with sign, as ints. */
  VectorCode loadShorts(int segment, int address, long shift, int lane) {
    load(desc(ShortVector.class), "SHORTS", segment, address, shift, lane, 2);
    return convert("S2I", "INTS").cast(INTS);
  }

  private VectorCode load(
      ClassDesc type,
      String species,
      int segment,
      int address,
      long shift,
      int lane,
      int bytesPerLane) {
    code.getstatic(LANES, species, SPECIES).aload(segment);
    address(address, shift, lane, bytesPerLane);
    code.getstatic(LANES, "ORDER", BYTE_ORDER)
        .invokestatic(
            type,
            "fromMemorySegment",
            MethodTypeDesc.of(type, SPECIES, SEGMENT, CD_long, BYTE_ORDER));
    return this;
  }

  void storeFloats(int segment, int address, long shift, int lane) {
    code.aload(segment);
    address(address, shift, lane, 4);
    code.getstatic(LANES, "ORDER", BYTE_ORDER)
        .invokevirtual(
            FLOATS,
            "intoMemorySegment",
            MethodTypeDesc.of(desc(void.class), SEGMENT, CD_long, BYTE_ORDER));
  }

  void storeFloats(int segment, int address, long shift) {
    storeFloats(segment, address, shift, NO_LANE);
  }

  private void address(int address, long shift, int lane, int bytesPerLane) {
    code.lload(address);
    if (shift != 0) {
      code.loadConstant(shift).ladd();
    }
    if (lane != NO_LANE && Lanes.COUNT < PackedMatrix.GROUP) {
      code.iload(lane).loadConstant(bytesPerLane).imul().i2l().ladd();
    }
  }

  // Vectors from numbers.

  VectorCode zero() {
    code.getstatic(LANES, "FLOATS", SPECIES)
        .invokestatic(FLOATS, "zero", MethodTypeDesc.of(FLOATS, SPECIES));
    return this;
  }

  /** One float of an array in all lanes. */
  VectorCode broadcast(int array, int index, int shift) {
    code.getstatic(LANES, "FLOATS", SPECIES).aload(array).iload(index);
    if (shift != 0) {
      code.loadConstant(shift).iadd();
    }
    code.faload();
    return broadcast();
  }

  /** One float of a segment in all lanes. */
  VectorCode broadcast(int segment, int address, long shift) {
    species();
    code.aload(segment).getstatic(VALUE_LAYOUT, "JAVA_FLOAT_UNALIGNED", FLOAT_LAYOUT);
    address(address, shift, NO_LANE, 4);
    code.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_float, FLOAT_LAYOUT, CD_long));
    return broadcast();
  }

  /** A new variable with a number in all lanes, for code that uses it often. */
  int constant(int bits) {
    int variable = newVector();
    code.getstatic(LANES, "INTS", SPECIES)
        .loadConstant(bits)
        .invokestatic(INTS, "broadcast", MethodTypeDesc.of(INTS, SPECIES, CD_int));
    set(variable);
    return variable;
  }

  /** A new variable with a number in all lanes, for code that uses it often. */
  int constant(float number) {
    int variable = newVector();
    species();
    code.loadConstant(number);
    broadcast().set(variable);
    return variable;
  }

  /** Takes the species, then a float. */
  VectorCode broadcast() {
    code.invokestatic(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, SPECIES, CD_float));
    return this;
  }

  /** Leaves the species, for a float to follow. */
  VectorCode species() {
    code.getstatic(LANES, "FLOATS", SPECIES);
    return this;
  }

  // Operations on ints.

  /** Shifts left by so many bits, or right, filled with zeros, if that is negative. */
  VectorCode shift(int bits) {
    return bits == 0 ? this : shift(bits > 0 ? "LSHL" : "LSHR", Math.abs(bits));
  }

  /** Shifts right, filled with the sign. */
  VectorCode shiftSigned(int bits) {
    return shift("ASHR", bits);
  }

  /** Shifts left by as many bits as an int variable says. */
  VectorCode shiftLeftBy(int variable) {
    code.getstatic(OPERATORS, "LSHL", BINARY).iload(variable);
    return lanewise();
  }

  private VectorCode shift(String operator, int bits) {
    code.getstatic(OPERATORS, operator, BINARY).loadConstant(bits);
    return lanewise();
  }

  private VectorCode lanewise() {
    code.invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, BINARY, CD_int));
    return this;
  }

  /** Takes two vectors of ints. */
  VectorCode and() {
    code.invokevirtual(INTS, "and", MethodTypeDesc.of(INTS, VECTOR));
    return this;
  }

  /** Takes two vectors of ints. */
  VectorCode or() {
    code.invokevirtual(INTS, "or", MethodTypeDesc.of(INTS, VECTOR));
    return this;
  }

  /** The bits of ints as those of floats. */
  VectorCode asFloats() {
    code.invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
    return this;
  }

  /** The values of ints as floats. */
  VectorCode toFloats() {
    code.getstatic(OPERATORS, "I2F", CONVERSION)
        .loadConstant(0)
        .invokevirtual(INTS, "convert", MethodTypeDesc.of(VECTOR, CONVERSION, CD_int));
    return cast(FLOATS);
  }

  private VectorCode convert(String conversion, String species) {
    code.getstatic(OPERATORS, conversion, CONVERSION)
        .getstatic(LANES, species, SPECIES)
        .loadConstant(0)
        .invokevirtual(
            VECTOR, "convertShape", MethodTypeDesc.of(VECTOR, CONVERSION, SPECIES, CD_int));
    return this;
  }

  private VectorCode cast(ClassDesc type) {
    code.checkcast(type);
    return this;
  }

  // Operations on floats.

  /** Takes a, b and c; leaves {@code a * b + c}, rounded once. */
  VectorCode fma() {
    code.invokevirtual(FLOATS, "fma", MethodTypeDesc.of(FLOATS, VECTOR, VECTOR));
    return this;
  }

  VectorCode add() {
    code.invokevirtual(FLOATS, "add", MethodTypeDesc.of(FLOATS, VECTOR));
    return this;
  }

  VectorCode mul() {
    code.invokevirtual(FLOATS, "mul", MethodTypeDesc.of(FLOATS, VECTOR));
    return this;
  }

  VectorCode mul(float factor) {
    code.loadConstant(factor).invokevirtual(FLOATS, "mul", MethodTypeDesc.of(FLOATS, CD_float));
    return this;
  }

  VectorCode neg() {
    code.invokevirtual(FLOATS, "neg", MethodTypeDesc.of(FLOATS));
    return this;
  }
}
