package org.mla4j.api.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorCodeTest {
  @Test
  void noTwoCodesShareAnIdentifier() {
    ErrorCode[] codes = ErrorCode.values();
    assertEquals(
        codes.length, Arrays.stream(codes).map(ErrorCode::id).collect(Collectors.toSet()).size());
  }

  @ParameterizedTest
  @EnumSource
  void identifiersAreAPrefixAndFourDigits(ErrorCode code) {
    assertTrue(code.id().matches("MLA-\\d{4}"), code.id());
  }
}
