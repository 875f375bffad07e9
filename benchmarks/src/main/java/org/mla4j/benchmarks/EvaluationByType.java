package org.mla4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.tensor.DType;
import org.mla4j.benchmarks.report.Evaluation;
import org.mla4j.core.engine.Engine;
import org.mla4j.core.engine.Generation;
import org.mla4j.core.engine.GenerationRequest;
import org.mla4j.core.engine.GenerationResult;
import org.mla4j.core.model.ModelDefinition;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.models.architecture.Architectures;
import org.mla4j.models.checkpoint.GenerationConfig;
import org.mla4j.models.checkpoint.GgufExport;
import org.mla4j.models.checkpoint.ModelConfig;
import org.mla4j.models.evaluation.GradedAnswer;
import org.mla4j.models.evaluation.Question;
import org.mla4j.models.evaluation.QuestionFile;
import org.mla4j.models.tokenizer.ChatFormat;
import org.mla4j.models.tokenizer.ChatOptions;
import org.mla4j.models.tokenizer.Tokenizer;
import org.mla4j.models.tokenizer.Tokenizers;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks a model its questions with its matrices in each type that can be written. Tokenizer and chat
 * template are those of the model's folder: not every tokenizer has a form in GGUF.
 */
final class EvaluationByType {
  private static final List<DType> TYPES =
      List.of(DType.F32, DType.BF16, DType.F16, DType.Q8_0, DType.F8_E4M3, DType.Q4_0);

  private static final int AT_A_TIME = 32;
  private static final int MOST_TOKENS = 256;

  private final Path model;
  private final List<Question> questions;
  private final Tokenizer tokenizer;
  private final ChatFormat format;
  private final int threads;

  private EvaluationByType(Path model, List<Question> questions, Tokenizer tokenizer, int threads) {
    this.model = model;
    this.questions = questions;
    this.tokenizer = tokenizer;
    this.format = ChatFormat.load(model, tokenizer);
    this.threads = threads;
  }

  /**
   * Writes a file of results.
   *
   * @param args folder of the model, with {@code eval.jsonl} in it; threads; file to write; and
   *     perhaps how many questions to ask
   * @throws IOException if a file cannot be read or written
   */
  public static void main(String[] args) throws IOException {
    if (args.length != 3 && args.length != 4) {
      System.err.println("Usage: EvaluationByType MODEL_DIR THREADS RESULTS.json [QUESTIONS]");
      System.exit(2);
    }
    Path model = Path.of(args[0]);
    List<Question> all = QuestionFile.read(model.resolve("eval.jsonl"));
    int most = args.length == 4 ? Integer.parseInt(args[3]) : all.size();
    Path work = Files.createTempDirectory("mla-evaluation");
    try (Tokenizer tokenizer = Tokenizers.open(model)) {
      EvaluationByType evaluation =
          new EvaluationByType(
              model,
              all.subList(0, Math.min(most, all.size())),
              tokenizer,
              Integer.parseInt(args[1]));
      List<Evaluation> found = new ArrayList<>();
      for (DType type : TYPES) {
        found.add(evaluation.ask(type, work.resolve(type.name())));
        System.err.println("# " + found.getLast());
      }
      String json =
          JsonMapper.builder()
              .enable(SerializationFeature.INDENT_OUTPUT)
              .build()
              .writeValueAsString(found);
      Files.writeString(Path.of(args[2]), json + "\n");
    } finally {
      delete(work);
    }
  }

  private Evaluation ask(DType type, Path target) throws IOException {
    Path written;
    int others = 0;
    if (type == DType.F8_E4M3) {
      written = target;
      BlockScaledModel.write(model, target);
    } else {
      written = target.resolveSibling(type.name() + ".gguf");
      GgufExport.Report report = GgufExport.of(model).type(type).build().write(written);
      others = report.unblocked().size();
    }
    List<GradedAnswer> answers;
    try (ModelDefinition definition =
            Architectures.discover().open(written, ModelConfig.of(written));
        Engine engine = Engine.open(definition, options())) {
      answers = answers(engine);
    }
    return new Evaluation(
        type.name(),
        questions.size(),
        (int) answers.stream().filter(GradedAnswer::equalsExpected).count(),
        (int) answers.stream().filter(GradedAnswer::equalsReference).count(),
        others);
  }

  private EngineOptions options() {
    int longest = questions.stream().mapToInt(each -> prompt(each).length).max().orElseThrow();
    EngineOptions.Builder options = EngineOptions.builder().threads(threads);
    int length = longest + MOST_TOKENS;
    int block = options.build().blockSize();
    return options
        .maxSequences(AT_A_TIME)
        .maxSequenceLength(length)
        .cacheTokens(AT_A_TIME * Math.ceilDiv(length, block) * block)
        .build();
  }

  private int[] prompt(Question question) {
    return format.format(question.messages(), ChatOptions.defaults()).ids();
  }

  private List<GradedAnswer> answers(Engine engine) {
    int[] stops =
        GenerationConfig.read(model, ModelConfig.of(model)).stopTokens().stream()
            .mapToInt(Integer::intValue)
            .toArray();
    Deque<Generation> asked = new ArrayDeque<>();
    List<GradedAnswer> answers = new ArrayList<>();
    for (Question question : questions) {
      if (asked.size() == AT_A_TIME) {
        answers.add(graded(questions.get(answers.size()), asked.removeFirst()));
      }
      asked.add(
          engine.generate(
              GenerationRequest.builder(prompt(question))
                  .maxTokens(MOST_TOKENS)
                  .sampling(Sampling.GREEDY)
                  .stopTokens(stops)
                  .decoder(() -> tokenizer.newDecoder(true))
                  .build()));
    }
    while (!asked.isEmpty()) {
      answers.add(graded(questions.get(answers.size()), asked.removeFirst()));
    }
    return answers;
  }

  private static GradedAnswer graded(Question question, Generation generation) {
    try (generation) {
      GenerationResult result = generation.result();
      return new GradedAnswer(
          question, result.text(), result.finishReason(), result.tokens().size());
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
