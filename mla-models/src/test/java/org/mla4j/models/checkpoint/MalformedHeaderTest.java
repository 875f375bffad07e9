package org.mla4j.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mla4j.api.error.ModelException;
import org.mla4j.models.testing.SafetensorsFile;

/** A safetensors file that is not what it says is refused, naming file, tensor and numbers. */
class MalformedHeaderTest {
  private static final byte[] EIGHT = new byte[8];

  @TempDir Path folder;

  /** Headers of files with eight bytes of data. */
  static Stream<Arguments> headers() {
    return Stream.of(
        arguments(
            "bytes after the last tensor",
            "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}",
            "bytes 4 to 8 of the data belong to no tensor; expected none. [MLA-0204]"),
        arguments(
            "bytes between two tensors",
            "{'a':{'dtype':'I8','shape':[2],'data_offsets':[0,2]},"
                + "'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}",
            "bytes 2 to 4 of the data belong to no tensor; expected none. [MLA-0204]"),
        arguments(
            "no tensor at all",
            "{}",
            "bytes 0 to 8 of the data belong to no tensor; expected none. [MLA-0204]"),
        arguments(
            "overlap",
            "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
                + "'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}",
            "tensors 'a' and 'b' overlap: their data_offsets are [0, 8] and [4, 8]; expected no byte"
                + " to belong to two. [MLA-0204]"),
        arguments(
            "range beyond the file",
            "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}}",
            "tensor 'a' has data_offsets [0, 16]; expected a range within the 8 bytes of data."
                + " [MLA-0204]"),
        arguments(
            "range backwards",
            "{'a':{'dtype':'F32','shape':[1],'data_offsets':[8,4]}}",
            "tensor 'a' has data_offsets [8, 4]; expected a range within the 8 bytes of data."
                + " [MLA-0204]"),
        arguments(
            "range below zero",
            "{'a':{'dtype':'F32','shape':[1],'data_offsets':[-4,0]}}",
            "tensor 'a' has data_offsets [-4, 0]; expected a range within the 8 bytes of data."
                + " [MLA-0204]"),
        arguments(
            "range of one number",
            "{'a':{'dtype':'F32','shape':[1],'data_offsets':[8]}}",
            "tensor 'a' has data_offsets [8]; expected two integers. [MLA-0204]"),
        arguments(
            "range beyond a long",
            "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,9223372036854775808]}}",
            "tensor 'a' has data_offsets [0,9223372036854775808]; expected two integers."
                + " [MLA-0204]"),
        arguments(
            "wrong number of bytes",
            "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}}",
            "tensor 'a', F32 [3], needs 12 bytes; its data_offsets give 8. [MLA-0204]"),
        arguments(
            "more elements than a long can count",
            "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}}",
            "tensor 'a' has shape [4294967296,4294967296]; expected extents of 0 or more whose"
                + " product fits 63 bits. [MLA-0204]"),
        arguments(
            "more bytes than a long can count",
            "{'a':{'dtype':'F32','shape':[4611686018427387904],'data_offsets':[0,8]}}",
            "tensor 'a', F32 [4611686018427387904], needs more bytes than 63 bits count; its"
                + " data_offsets give 8. [MLA-0204]"),
        arguments(
            "negative extent",
            "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}}",
            "tensor 'a' has shape [-2]; expected extents of 0 or more whose product fits 63 bits."
                + " [MLA-0204]"),
        arguments(
            "extent that is no integer",
            "{'a':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}}",
            "tensor 'a' has shape [2.0]; expected an array of integers. [MLA-0204]"),
        arguments(
            "shape that is no array",
            "{'a':{'dtype':'F32','shape':2,'data_offsets':[0,8]}}",
            "tensor 'a' has shape 2; expected an array of integers. [MLA-0204]"),
        arguments(
            "no shape",
            "{'a':{'dtype':'F32','data_offsets':[0,8]}}",
            "tensor 'a' has shape missing; expected an array of integers. [MLA-0204]"),
        arguments(
            "unknown type",
            "{'a':{'dtype':'F33','shape':[2],'data_offsets':[0,8]}}",
            "tensor 'a' has dtype \"F33\"; expected one of F64, F32, F16, BF16, F8_E4M3, F8_E5M2,"
                + " F8_E8M0, I64, I32, I16, I8, U64, U32, U16, U8, BOOL. [MLA-0205]"),
        arguments(
            "type that is no string",
            "{'a':{'dtype':['F32'],'shape':[2],'data_offsets':[0,8]}}",
            "tensor 'a' has dtype [\"F32\"]; expected one of F64, F32, F16, BF16, F8_E4M3, F8_E5M2,"
                + " F8_E8M0, I64, I32, I16, I8, U64, U32, U16, U8, BOOL. [MLA-0205]"),
        arguments(
            "tensor that is no object",
            "{'a':8}",
            "tensor 'a'; expected an object with dtype, shape and data_offsets. [MLA-0204]"),
        arguments(
            "tensor listed twice",
            "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},"
                + "'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
            "the header: not valid JSON at line 1, column 58: Duplicate Object property \"a\"."
                + " [MLA-0204]"),
        arguments(
            "field given twice",
            "{'a':{'dtype':'F32','shape':[2],'shape':[2],'data_offsets':[0,8]}}",
            "the header: not valid JSON at line 1, column 40: Duplicate Object property"
                + " \"shape\". [MLA-0204]"),
        arguments(
            "shape that is longer than a message should be",
            "{'a':{'dtype':'F32','shape':[" + "1,".repeat(5000) + "3],'data_offsets':[0,8]}}",
            "tensor 'a', F32 ["
                + "1, ".repeat(19)
                + "1,..., needs 12 bytes; its data_offsets give"
                + " 8. [MLA-0204]"),
        arguments("array", "[]", "the header: expected a JSON object. [MLA-0204]"),
        arguments("nothing", "", "the header: expected a JSON object. [MLA-0204]"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("headers")
  void refuses(String what, String header, String problem) {
    Path file = folder.resolve("model.safetensors");
    SafetensorsFile.write(file, header.replace('\'', '"'), EIGHT);
    assertRefused(file + ": " + problem);
  }

  @Test
  void refusesAFileThatIsShorterThanALength() throws Exception {
    Path file = Files.write(folder.resolve("model.safetensors"), new byte[5]);
    assertRefused(
        file
            + ": the file has 5 bytes; expected at least the 8 of the header's length."
            + " [MLA-0204]");
  }

  @Test
  void refusesAHeaderThatEndsBeyondTheFile() {
    Path file = folder.resolve("model.safetensors");
    SafetensorsFile.writeRaw(
        file, 1_000_000_000_000L, "{}".getBytes(StandardCharsets.UTF_8), EIGHT);
    assertRefused(
        file
            + ": the header's length is 1000000000000 bytes; expected at most 10 in a file of 18"
            + " bytes. [MLA-0204]");
  }

  @Test
  void takesTheLengthOfTheHeaderAsUnsigned() {
    Path file = folder.resolve("model.safetensors");
    SafetensorsFile.writeRaw(file, -1, "{}".getBytes(StandardCharsets.UTF_8), EIGHT);
    assertRefused(
        file
            + ": the header's length is 18446744073709551615 bytes; expected at most 10 in a file"
            + " of 18 bytes. [MLA-0204]");
  }

  @Test
  void refusesAFileThatWasCutOff() {
    Path file = folder.resolve("model.safetensors");
    String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}";
    SafetensorsFile.write(file, header, new byte[15]);
    assertRefused(
        file
            + ": tensor 'a' has data_offsets [0, 16]; expected a range within the 15 bytes of"
            + " data. [MLA-0204]");
  }

  private void assertRefused(String message) {
    ModelException e = assertThrows(ModelException.class, () -> Checkpoint.open(folder).close());
    assertEquals(message, e.getMessage());
  }
}
