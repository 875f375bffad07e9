package org.mla4j.benchmarks.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Compares MLA4J with another engine on one model. */
@Command(
    name = "PeerComparison",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compares MLA4J with another engine on one model, each in a process of its own, in turns: MLA4J,"
          + " the peer, MLA4J, the peer. Only one computes at a time.",
      "Prints medians in tokens per second, their ratio, and the least, middle and largest ratio of"
          + " single rounds."
    })
public final class PeerComparison implements Callable<Integer> {
  private static final int BATCH_TOKENS = 512;

  /** As the command {@code mla} starts it: weights and caches lie outside the heap. */
  private static final List<String> COLLECTION = List.of("-Xmn48m", "-XX:+UseSerialGC");

  @Option(names = "--model", required = true, paramLabel = "FILE", description = "A GGUF file.")
  private Path model = Path.of("");

  @Option(
      names = "--peer",
      paramLabel = "NAME",
      defaultValue = "llama.cpp",
      description = "llama.cpp (the default) or jlama.")
  private String peer = "";

  @Option(
      names = "--peer-model",
      paramLabel = "PATH",
      description = "The same model in the peer's form. Default: the GGUF file.")
  private @Nullable Path peerModel;

  @Option(
      names = "--peers",
      paramLabel = "DIR",
      defaultValue = "benchmarks/peers",
      description = "Where the peers were installed. Default: ${DEFAULT-VALUE}")
  private Path peers = Path.of("");

  @Option(
      names = "--tests",
      split = ",",
      paramLabel = "TEST",
      defaultValue = "pp512,tg64,tg32@4096",
      description = "Prompts (pp), tokens (tg), after a context (@). Default: ${DEFAULT-VALUE}")
  private List<String> tests = List.of();

  @Option(names = "--rounds", defaultValue = "5", description = "Default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--warmups",
      defaultValue = "2",
      description = "Runs of each test that do not count. Default: ${DEFAULT-VALUE}")
  private int warmups;

  @Option(names = "--threads", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}")
  private int threads;

  @Option(
      names = "--cache",
      paramLabel = "TYPE",
      defaultValue = "bf16",
      description = "Type of MLA4J's cache; that of llama.cpp is F16. Default: ${DEFAULT-VALUE}")
  private String cache = "";

  @Option(
      names = "--backend-option",
      paramLabel = "cpu:NAME=VALUE",
      description = "An option of MLA4J's backend.")
  private Map<String, String> backendOptions = Map.of();

  @Option(
      names = "--java-option",
      paramLabel = "OPTION",
      description = "An option of the JVM that MLA4J runs on, for example -Xmx256m.")
  private List<String> javaOptions = List.of();

  @Option(
      names = "--apart",
      description = "Load each engine anew in each round, for models that do not fit memory twice.")
  private boolean apart;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results to this file.")
  private @Nullable Path json;

  private PeerComparison() {}

  /**
   * Runs the comparison.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    System.exit(new CommandLine(new PeerComparison()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    Comparison comparison = compare();
    System.out.print(ComparisonText.of(comparison));
    if (json != null) {
      Files.createDirectories(json.toAbsolutePath().getParent());
      Files.writeString(
          json,
          JsonMapper.builder()
                  .enable(SerializationFeature.INDENT_OUTPUT)
                  .build()
                  .writeValueAsString(comparison)
              + "\n");
    }
    return 0;
  }

  private Comparison compare() throws IOException {
    List<PeerTest> parsed = tests.stream().map(PeerTest::parse).toList();
    int context = parsed.stream().mapToInt(PeerTest::end).max().orElseThrow();
    ContenderOptions options =
        new ContenderOptions(
            model.toAbsolutePath().toString(),
            threads,
            context,
            BATCH_TOKENS,
            cache.toUpperCase(Locale.ROOT),
            backendOptions);
    ContenderOptions peerOptions =
        peerModel == null ? options : options.withModel(peerModel.toAbsolutePath());
    Duel duel =
        new Duel(
            ourCommand(options),
            Peer.of(peer).command(peers, peerOptions),
            parsed,
            warmups,
            rounds,
            message -> System.err.println("# " + message));
    Duel.Reports reports = apart ? duel.apart() : duel.together();
    return new Comparison(
        model.getFileName().toString(),
        size(model),
        threads,
        Machine.describe(),
        LocalDate.now(ZoneOffset.UTC).toString(),
        !apart,
        reports.ours(),
        reports.theirs(),
        duel.times());
  }

  private List<String> ourCommand(ContenderOptions options) {
    List<String> command = new ArrayList<>(Peer.vectorJvm());
    command.addAll(COLLECTION);
    command.addAll(javaOptions);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Mla4jContender.class.getName());
    command.add(options.toJson());
    return command;
  }

  private static long size(Path model) throws IOException {
    try (Stream<Path> files = Files.walk(model)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
