package org.mla4j.core.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.error.ErrorCode;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.op.Op;

class OpChoiceTest {
  /**
   * The eager rows of the upstream table, with four ops of our vocabulary in the place of theirs.
   */
  @ParameterizedTest(name = "''{0}''")
  @CsvSource(
      delimiter = '|',
      value = {
        "''                              | true  | true  | true  | true",
        "all                             | true  | true  | true  | true",
        "none                            | false | false | false | false",
        "none,-rms_norm,+add             | false | false | false | true",
        "-add                            | true  | true  | true  | false",
        "none,-add,+rms_norm,+linear     | true  | true  | false | false",
        "-rms_norm                       | false | true  | true  | true",
        "'all, -linear'                  | true  | false | true  | true",
        "'none,linear=vendor'            | false | true  | false | false",
      })
  void enablesWhatTheListSays(
      String list, boolean rmsNorm, boolean linear, boolean silu, boolean add) {
    OpChoice choice = OpChoice.parse(list);
    assertEquals(
        List.of(rmsNorm, linear, silu, add),
        List.of(
            choice.enabled("rms_norm"),
            choice.enabled("linear"),
            choice.enabled("silu_and_mul"),
            choice.enabled("add")));
  }

  @Test
  void pinsOpsAndLayersApart() {
    OpChoice choice = OpChoice.parse("rms_norm=a,layer=b");
    assertEquals(Optional.of("a"), choice.pinned("rms_norm"));
    assertEquals(Optional.empty(), choice.pinned("linear"));
    assertEquals(Optional.of("b"), choice.layerBackend());
    assertEquals(List.of("a", "b"), choice.backends());
  }

  @Test
  void switchingEverythingOffLeavesLayersAlone() {
    assertEquals(Optional.empty(), OpChoice.parse("none").layerBackend());
  }

  @ParameterizedTest(name = "''{0}''")
  @CsvSource(
      delimiter = '|',
      value = {
        "all,none              | more than one of 'all' and 'none'",
        "all,+rms_norm,all     | more than one of 'all' and 'none'",
        "+rms_norm,-rms_norm   | more than one entry for 'rms_norm'",
        "+rms_norm,rms_norm=x  | more than one entry for 'rms_norm'",
        "layer=a,layer=b       | 'layer' twice",
        "rms_norm=             | no backend in 'rms_norm='",
        "rms_norm              | '''rms_norm'''",
        "'+rms_norm,'          | an empty entry",
      })
  void refusesContradictions(String list, String problem) {
    InvalidInputException e = assertThrows(InvalidInputException.class, () -> OpChoice.parse(list));
    assertEquals(ErrorCode.OP_CHOICE, e.code());
    assertEquals(
        "Op list '"
            + list
            + "' has "
            + problem
            + "; expected 'all' or 'none', '+op', '-op', 'op=backend', 'layer=backend', 'plan=backend', separated by commas. [MLA-0109]",
        e.getMessage());
  }

  @Test
  void listsTheKnownOpsWhenOneIsUnknown() {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> OpChoice.parse("+gelu"));
    assertEquals(
        "Op list '+gelu' has the unknown op 'gelu'; known are "
            + String.join(", ", Op.VOCABULARY)
            + "; expected 'all' or 'none', '+op', '-op', 'op=backend', 'layer=backend',"
            + " 'plan=backend', separated by commas. [MLA-0109]",
        e.getMessage());
  }
}
