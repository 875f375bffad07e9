package org.mla4j.benchmarks.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** With shell scripts for engines: each appends its letter to a file when it is asked. */
@DisabledOnOs(OS.WINDOWS)
class DuelTest {
  private static final List<PeerTest> TESTS =
      List.of(PeerTest.parse("pp8"), PeerTest.parse("tg4@8"));

  @TempDir private Path folder;

  @Test
  void takesTurnsWhileBothStayLoaded() throws IOException {
    Duel duel = duel(1, 2);
    Duel.Reports reports = duel.together();
    assertEquals("loadA loadB A B A B A B A B A B A B ", written());
    assertEquals("A", reports.ours().name());
    assertEquals("B", reports.theirs().name());
    assertEquals(
        List.of(
            new PairedTimes("pp8", List.of(0.5, 0.5), List.of(0.25, 0.25)),
            new PairedTimes("tg4@8", List.of(0.5, 0.5), List.of(0.25, 0.25))),
        duel.times());
    assertEquals(0.5, duel.times().getFirst().ratioOfMedians());
  }

  @Test
  void loadsEachAnewInEachRound() throws IOException {
    Duel duel = duel(0, 2);
    duel.apart();
    assertEquals("loadA A A loadB B B loadA A A loadB B B ", written());
    assertEquals(List.of(0.25, 0.25), duel.times().get(1).theirs());
  }

  @Test
  void tellsHowLongLoadingTookAndHowMuchMemory() throws IOException {
    ContenderReport report = duel(0, 1).together().ours();
    assertTrue(report.readySeconds() > 0, report::toString);
    assertTrue(
        report.peakBytes() > 0 || Files.notExists(Path.of("/proc/self/status")), report::toString);
  }

  @Test
  void saysWhichCommandEnded() {
    List<String> command = List.of("sh", "-c", "exit 3");
    String message = assertThrows(IOException.class, () -> Contender.start(command)).getMessage();
    assertEquals("'sh -c exit 3' ended instead of answering; it says above why.", message);
  }

  private Duel duel(int warmups, int rounds) {
    return new Duel(engine("A", 0.5), engine("B", 0.25), TESTS, warmups, rounds, message -> {});
  }

  private List<String> engine(String name, double seconds) {
    String file = folder.resolve("asked").toString();
    String greeting = "{\"name\": \"" + name + "\", \"version\": \"1\", \"settings\": \"none\"}";
    String script =
        "printf 'load%s ' \"$0\" >> \"$1\"; echo \"$2\";"
            + " while read -r test; do printf '%s ' \"$0\" >> \"$1\"; echo \"$3\"; done";
    return List.of("sh", "-c", script, name, file, greeting, "{\"seconds\": " + seconds + "}");
  }

  private String written() throws IOException {
    return Files.readString(folder.resolve("asked"));
  }
}
