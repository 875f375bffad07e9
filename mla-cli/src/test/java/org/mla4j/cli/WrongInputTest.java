package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mla4j.api.op.Op;
import org.mla4j.cli.CommandRun.Outcome;

class WrongInputTest {
  private static void assertRefused(Outcome outcome, String message) {
    assertEquals(new Outcome(ExitStatus.WRONG_INPUT, "", "mla: " + message + "\n"), outcome);
  }

  @Test
  void noCommandListsTheCommands() {
    assertRefused(
        CommandRun.run(),
        "No command given; expected one of chat, generate, info, inspect, explain, verify, eval, bench, convert, quantize. See 'mla --help'.");
  }

  @Test
  void anUnknownCommandIsNamed() {
    assertRefused(
        CommandRun.run("talk"), "Unmatched argument at index 0: 'talk'. See 'mla --help'.");
  }

  @Test
  void anUnknownOptionIsNamedWithItsCommand() {
    assertRefused(
        CommandRun.run("chat", "--bogus"), "Unknown option: '--bogus'. See 'mla chat --help'.");
  }

  @Test
  void aQuestionWithoutQuotesIsNotCutAfterItsFirstWord() {
    assertRefused(
        CommandRun.run("chat", "What", "is", "this"),
        "Unmatched arguments from index 2: 'is', 'this'. See 'mla chat --help'.");
  }

  @Test
  void anOptionWithoutValueIsNamed() {
    assertRefused(
        CommandRun.run("generate", "--model"),
        "Missing required parameter for option '--model' (DIR|FILE). See 'mla generate --help'.");
  }

  @ParameterizedTest
  @CsvSource({
    "--threads, int",
    "--max-tokens, int",
    "--max-sequence-length, int",
    "--top-k, int",
    "--seed, long",
    "--temperature, float",
    "--top-p, float",
    "--min-p, float"
  })
  void aNumberThatIsNoneIsShown(String option, String type) {
    assertRefused(
        CommandRun.run("chat", option, "x"),
        "Invalid value for option '"
            + option
            + "': 'x' is not "
            + (type.equals("int") ? "an " : "a ")
            + type
            + ". See 'mla chat --help'.");
  }

  @Test
  void anUnknownCacheTypeListsTheKnownOnes() {
    assertRefused(
        CommandRun.run("explain", "--cache-dtype", "F64"),
        "Option cacheDType 'F64' has the unknown type 'F64'; expected F32, BF16, F16, F8_E4M3 or FP8_DS_MLA, or"
            + " layer_type=TYPE, each once, separated by commas. [MLA-0401]");
  }

  @Test
  void aCacheTypeOfLayersThatTheModelDoesNotHaveIsRefused() {
    assertRefused(
        CommandRun.run("explain", "--cache-dtype", "linear_attention=bf16"),
        "Option cacheDType names layers of type 'linear_attention'; expected one of those of the model"
            + " that have a cache: multi_head_latent_attention. [MLA-0401]");
  }

  @Test
  void aBackendOptionWithoutValueIsShown() {
    assertRefused(
        CommandRun.run("explain", "--backend-option", "cpu:vector"),
        "Value for option option '--backend-option' (BACKEND:OPTION=VALUE) should be in KEY=VALUE"
            + " format but was cpu:vector. See 'mla explain --help'.");
  }

  @Test
  void aBackendOptionWithoutBackendIsShown() {
    assertRefused(
        CommandRun.run("explain", "--backend-option", "vector=off"),
        "Option backendOptions = vector; expected 'backend:option'. [MLA-0401]");
  }

  @Test
  void noThreadsAreTooFew() {
    assertRefused(
        CommandRun.run("explain", "--threads", "0"),
        "Option threads = 0; expected 1 to 1024. [MLA-0401]");
  }

  @ParameterizedTest
  @CsvSource({"chat", "generate", "inspect", "explain", "verify", "eval"})
  void severalNumbersOfThreadsAreForBenchOnly(String command) {
    assertRefused(
        CommandRun.run(command, "--threads", "1,2"),
        "Option --threads = 1,2; expected one number. [MLA-0401]");
  }

  @Test
  void anUnknownOpListsTheKnownOnes() {
    assertRefused(
        CommandRun.run("explain", "--ops", "+rms_nrom"),
        "Op list '+rms_nrom' has the unknown op 'rms_nrom'; known are "
            + String.join(", ", Op.VOCABULARY)
            + "; expected 'all' or 'none', '+op', '-op', 'op=backend', 'layer=backend', 'plan=backend',"
            + " separated by commas. [MLA-0109]");
  }

  @ParameterizedTest
  @CsvSource({"chat", "generate", "inspect", "explain", "verify", "eval", "bench"})
  void anUnknownWayToRunListsTheKnownOnes(String command) {
    assertRefused(
        CommandRun.run(command, "--execution", "fast"),
        "Option --execution = 'fast'; expected 'eager' or 'graph'. [MLA-0401]");
    assertRefused(
        CommandRun.run(command, "--attention", "Opaque"),
        "Option --attention = 'Opaque'; expected 'visible' or 'opaque'. [MLA-0401]");
  }

  @ParameterizedTest
  @CsvSource({"chat", "generate", "inspect", "explain", "verify", "eval", "bench"})
  void aModelThatIsNotThereIsShown(String command) {
    assertRefused(
        CommandRun.run(command, "--model", "no/such/folder"),
        "No folder or file '"
            + Path.of("no/such/folder")
            + "' (--model); expected the folder of a checkpoint, with config.json, or a GGUF file."
            + " [MLA-0401]");
  }

  @ParameterizedTest
  @CsvSource({"chat", "generate", "inspect", "explain", "verify", "eval", "bench"})
  void withoutAHomeThereIsNoDemoModel(String command) {
    assertRefused(
        new CommandRun().home(null).with(command),
        "No model given, and nobody says where the demo model is: neither the property mla.home nor"
            + " the variable MLA_HOME is set. Expected --model DIR, the folder of a checkpoint."
            + " [MLA-0401]");
  }

  @Test
  void aHomeWithoutDemoModelIsShown() {
    assertRefused(
        new CommandRun().home(Path.of("elsewhere")).with("explain"),
        "No folder or file '"
            + Path.of("elsewhere", "demo-model")
            + "' (the demo model); expected the folder of a checkpoint, with config.json, or a GGUF"
            + " file. [MLA-0401]");
  }

  @ParameterizedTest
  @CsvSource({"-1e-4, -1.0E-4", "NaN, NaN"})
  void aToleranceBelowZeroIsRefused(String given, String shown) {
    assertRefused(
        CommandRun.run("verify", "--tolerance=" + given),
        "Option --tolerance = " + shown + "; expected 0 or more. [MLA-0401]");
  }

  @Test
  void anArgumentThatTheLocaleDamagedIsRefused() {
    assertRefused(
        CommandRun.run("chat", "caf\uFFFD"),
        "Argument 2, 'caf\uFFFD', has characters that the locale's encoding, "
            + System.getProperty("sun.jnu.encoding")
            + ", cannot carry; expected text that it can. Set LC_ALL=C.UTF-8, or give the text on"
            + " standard input, which is always UTF-8. [MLA-0401]");
  }

  @Test
  void anUnknownBackendListsTheKnownOnes() {
    Outcome outcome = CommandRun.run("explain", "--backend", "ascned");
    assertEquals(ExitStatus.WRONG_INPUT, outcome.status());
    assertEquals("", outcome.out());
    assertEquals(
        "mla: No backend named 'ascned'. Available: 'cpu' (priority 0). Add the vendor's jar to the"
            + " class path or module path, or choose another backend. [MLA-0101]\n",
        outcome.err());
  }

  @Test
  void errorsAreNotJson() {
    Outcome outcome = CommandRun.run("explain", "--json", "--backend", "ascned");
    assertEquals("", outcome.out());
    assertTrue(outcome.err().startsWith("mla: No backend named 'ascned'."), outcome.err());
  }

  @Test
  void debugAddsTheStackTrace() {
    Outcome outcome = CommandRun.run("explain", "--debug", "--threads", "0");
    assertEquals(ExitStatus.WRONG_INPUT, outcome.status());
    assertTrue(outcome.err().contains("\tat org.mla4j."), outcome.err());
  }
}
