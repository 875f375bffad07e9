package org.mla4j.peers.jlama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.tensor.KvBufferCache.KvBuffer;
import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Jlama as a contender of {@code PeerComparison}: loads a folder with safetensors in its Q4 and
 * runs the tests it reads, as its own generation does: a prompt at once, then token by token, each
 * chosen greedily.
 *
 * <p>The weights are written in Jlama's Q4 beside the folder when that is not there yet, by the call
 * behind its command {@code quantize}.
 */
public final class JlamaContender {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The tokens are never read as text: any would do. */
  private static final int ORDINARY_TOKENS = 256;

  private final AbstractModel model;
  private final AbstractTensor logits;
  private final KvBufferCache caches;
  private final SplittableRandom random = new SplittableRandom(1);
  private KvBuffer cache;
  private int filled;

  private JlamaContender(AbstractModel model) {
    this.model = model;
    logits = model.makeDenseTensor(model.getConfig().vocabularySize);
    caches = new KvBufferCache(model);
    cache = caches.getEphemeralKvBuffer();
  }

  /**
   * Serves tests until standard input ends.
   *
   * @param args model, threads and more as JSON
   * @throws IOException if the model cannot be read
   */
  public static void main(String[] args) throws IOException {
    JsonNode options = JSON.readTree(args[0]);
    PrintStream out = System.out;
    System.setOut(System.err); // the other end reads every line as an answer
    AbstractModel model =
        ModelSupport.loadModel(
            quantised(Path.of(options.required("model").asText())).toFile(),
            null,
            DType.F32,
            DType.I8,
            Optional.empty(),
            Optional.of(options.required("threads").asInt()));
    out.println(
        JSON.writeValueAsString(
            Map.of(
                "name",
                "Jlama",
                "version",
                version() + " on Java " + Runtime.version(),
                "settings",
                TensorOperationsProvider.get().name() + ", Q4 weights, I8 activations")));
    JlamaContender contender = new JlamaContender(model);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      double seconds = contender.seconds(JSON.readTree(line));
      out.println(JSON.writeValueAsString(Map.of("seconds", seconds)));
    }
    model.close();
  }

  /** That in the name of the jar, which has no other. */
  private static String version() {
    String jar = AbstractModel.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return jar.replaceAll(".*/jlama-core-|\\.jar$", "");
  }

  private static Path quantised(Path folder) throws IOException {
    Path target = folder.resolveSibling(folder.getFileName() + "-jlama-q4");
    if (Files.notExists(target.resolve("model.safetensors"))) {
      SafeTensorSupport.quantizeModel(
          folder, DType.Q4, new String[] {"norm"}, null, Optional.of(target));
    }
    return target;
  }

  private double seconds(JsonNode test) {
    int prompt = test.required("prompt").asInt();
    int generate = test.required("generate").asInt();
    int depth = test.required("depth").asInt();
    if (filled < depth) {
      evaluate(filled, depth - filled);
    }
    long start = System.nanoTime();
    if (prompt > 0) {
      evaluate(depth, prompt);
    }
    for (int i = 0; i < generate; i++) {
      evaluate(depth + prompt + i, 1);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    filled = Math.max(filled, depth + prompt + generate);
    return seconds;
  }

  private void evaluate(int position, int count) {
    int[] tokens = random.ints(count, 0, ORDINARY_TOKENS).toArray();
    try (AbstractTensor hidden =
        count == 1
            ? model.forward(tokens[0], position, cache, Optional.empty())
            : model.batchForward(tokens, position, cache)) {
      int chosen = model.sample(hidden.slice(hidden.shape().first() - 1), 0, 0, logits);
      if (chosen < 0) {
        throw new IllegalStateException("No token was chosen.");
      }
    }
  }
}
