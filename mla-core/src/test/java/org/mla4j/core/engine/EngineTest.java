package org.mla4j.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mla4j.api.error.ClosedException;
import org.mla4j.api.error.InvalidInputException;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Sampling;
import org.mla4j.api.tensor.DType;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.runner.StepRunner;
import org.mla4j.core.testing.TinyModel;

@Timeout(60)
class EngineTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};

  private final List<Engine> engines = new ArrayList<>();

  @AfterEach
  void everyBlockComesBack() {
    for (Engine engine : engines) {
      engine.close();
      EngineStatistics statistics = engine.statistics();
      assertEquals(statistics.totalBlocks(), statistics.freeBlocks());
      assertEquals(0, statistics.running());
      assertEquals(0, statistics.waiting());
    }
  }

  @Test
  void generatesWhatStepsOfOneTokenGive() {
    assertEquals(stepByStep(PROMPT, 20), engine().generate(request(20).build()).result().tokens());
  }

  @Test
  void aPromptLongerThanAStepTakesSeveral() {
    int[] prompt = new int[40];
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = i * 7 % TinyModel.VOCABULARY;
    }
    Engine small = engine(EngineOptions.builder().maxTokensPerStep(7));
    GenerationRequest request = GenerationRequest.builder(prompt).maxTokens(10).build();
    assertEquals(stepByStep(prompt, 10), small.generate(request).result().tokens());
    assertTrue(small.statistics().steps() >= 6 + 9);
    assertEquals(40, small.statistics().prefillTokens());
    assertEquals(9, small.statistics().decodeTokens());
  }

  @Test
  void manyAtOnceGiveWhatEachGivesAlone() {
    Engine engine = engine(EngineOptions.builder().maxSequences(3).maxTokensPerStep(16).threads(2));
    List<Generation> running = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      running.add(engine.generate(GenerationRequest.builder(prompt(i)).maxTokens(5 + i).build()));
    }
    for (int i = 0; i < 20; i++) {
      assertEquals(stepByStep(prompt(i), 5 + i), running.get(i).result().tokens(), "request " + i);
    }
  }

  @Test
  void twoEnginesLiveSideBySide() {
    Engine first = engine();
    Engine second = engine(EngineOptions.builder().cacheDType(DType.BF16));
    Generation a = first.generate(request(12).build());
    Generation b = second.generate(request(12).build());
    assertEquals(stepByStep(PROMPT, 12), a.result().tokens());
    assertEquals(12, b.result().tokens().size());
  }

  @Test
  void equalSeedsGiveEqualTokensAndOtherSeedsOthers() {
    Engine engine = engine();
    Sampling warm = new Sampling(1.5f, 0, 1, 0);
    List<Integer> first =
        engine.generate(request(40).sampling(warm).seed(1).build()).result().tokens();
    List<Integer> again =
        engine.generate(request(40).sampling(warm).seed(1).build()).result().tokens();
    List<Integer> other =
        engine.generate(request(40).sampling(warm).seed(2).build()).result().tokens();
    assertEquals(first, again);
    assertNotEquals(first, other);
  }

  @Test
  void aStopTokenEndsTheAnswerAndIsNotPartOfIt() {
    List<Integer> whole = stepByStep(PROMPT, 20);
    int stop = whole.get(9);
    int at = whole.indexOf(stop);
    GenerationResult result = engine().generate(request(20).stopTokens(stop).build()).result();
    assertEquals(FinishReason.STOP, result.finishReason());
    assertEquals(whole.subList(0, at), result.tokens());
  }

  @Test
  void aStopStringEndsTheTextAndTheWork() {
    List<Integer> whole = stepByStep(PROMPT, 30);
    String text = spell(whole);
    String stop = text.substring(5, 8);
    Engine engine = engine();
    Generation generation =
        engine.generate(request(200).decoder(Letters::new).stopStrings(List.of(stop)).build());
    StringBuilder streamed = new StringBuilder();
    generation.forEachRemaining(piece -> streamed.append(piece.text()));
    GenerationResult result = generation.result();
    assertEquals(FinishReason.STOP_STRING, result.finishReason());
    assertEquals(text.substring(0, text.indexOf(stop)), result.text());
    assertEquals(result.text(), streamed.toString());
  }

  @Test
  void theLongestSequenceEndsTheAnswer() {
    Engine engine = engine(EngineOptions.builder().maxSequenceLength(20));
    GenerationResult result = engine.generate(request(1000).build()).result();
    assertEquals(FinishReason.LENGTH, result.finishReason());
    assertEquals(12, result.tokens().size());
    assertEquals(8, result.promptTokens());
  }

  @Test
  void cancelEndsTheHandleAtOnceAndGivesTheBlocksBack() {
    Engine engine = engine();
    Generation generation = engine.generate(request(240).build());
    generation.next();
    generation.cancel();
    assertFalse(generation.hasNext());
    GenerationResult result = generation.result();
    assertEquals(FinishReason.CANCELLED, result.finishReason());
    assertEquals(1, result.tokens().size());
    generation.close();
    awaitDone(generation);
    assertEquals(engine.statistics().totalBlocks(), engine.statistics().freeBlocks());
  }

  @Test
  void cancelOfAWaitingRequestNeedsNoPlace() {
    Engine engine = engine(EngineOptions.builder().maxSequences(1));
    Generation first = engine.generate(request(200).build());
    Generation waiting = engine.generate(request(5).build());
    waiting.cancel();
    assertFalse(waiting.hasNext());
    awaitDone(waiting);
    first.cancel();
  }

  @Test
  void aRequestWaitsForBlocksAndIsServedInTheEnd() {
    Engine engine = engine(EngineOptions.builder().cacheTokens(64).maxSequenceLength(64));
    Generation first = engine.generate(request(50).build());
    Generation second = engine.generate(request(50).build());
    assertEquals(stepByStep(PROMPT, 50), first.result().tokens());
    assertEquals(stepByStep(PROMPT, 50), second.result().tokens());
  }

  @Test
  void closeEndsWhatRunsAndWhatWaits() {
    Engine engine = engine(EngineOptions.builder().maxSequences(1));
    Generation running = engine.generate(request(240).build());
    Generation waiting = engine.generate(request(240).build());
    engine.close();
    engine.close();
    assertTrue(running.isDone());
    while (running.hasNext()) {
      running.next();
    }
    assertEquals(FinishReason.CANCELLED, waiting.result().finishReason());
    ClosedException e =
        assertThrows(ClosedException.class, () -> engine.generate(request(1).build()));
    assertEquals("generate() on a closed engine. [MLA-0403]", e.getMessage());
  }

  @Test
  void anInterruptCancelsAndStaysSet() throws InterruptedException {
    Engine engine = engine(EngineOptions.builder().maxSequences(1));
    engine.generate(request(240).build());
    Generation waiting = engine.generate(request(240).build());
    AtomicReference<Boolean> interrupted = new AtomicReference<>();
    Thread consumer =
        Thread.ofVirtual()
            .start(() -> {
              waiting.forEachRemaining(piece -> Thread.currentThread().interrupt());
              interrupted.set(Thread.currentThread().isInterrupted());
            });
    consumer.interrupt();
    consumer.join();
    assertEquals(true, interrupted.get());
    assertEquals(FinishReason.CANCELLED, waiting.result().finishReason());
  }

  @Test
  void callbackRunsOnTheCallersExecutorAndCancelOfTheFutureCancels() {
    Engine engine = engine();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Integer> seen = new ArrayList<>();
      GenerationResult result =
          engine
              .generate(request(10).build())
              .forEach(executor, piece -> seen.add(piece.token()))
              .join();
      assertEquals(result.tokens(), seen);

      Generation endless = engine.generate(request(240).build());
      CompletableFuture<GenerationResult> future = endless.forEach(executor, piece -> {});
      future.cancel(false);
      assertThrows(CancellationException.class, future::join);
      awaitDone(endless);
    }
  }

  @Test
  void thePublisherSignalsWhatIsRequestedAndNoMore() throws InterruptedException {
    Engine engine = engine();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Collector collector = new Collector(3);
      engine.generate(request(10).build()).publisher(executor).subscribe(collector);
      assertTrue(collector.reached.await(30, TimeUnit.SECONDS));
      assertEquals(3, collector.tokens.size());
      collector.subscription.request(100);
      assertTrue(collector.ended.await(30, TimeUnit.SECONDS));
      assertEquals(stepByStep(PROMPT, 10), collector.tokens);
    }
  }

  @Test
  void cancellingASubscriptionCancelsTheGeneration() throws InterruptedException {
    Engine engine = engine();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Collector collector = new Collector(2);
      Generation generation = engine.generate(request(240).build());
      generation.publisher(executor).subscribe(collector);
      assertTrue(collector.reached.await(30, TimeUnit.SECONDS));
      collector.subscription.cancel();
      awaitDone(generation);
      assertEquals(2, collector.tokens.size());
    }
  }

  @Test
  void aSecondSubscriberAndARequestOfZeroAreErrors() throws InterruptedException {
    Engine engine = engine();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      Flow.Publisher<Piece> publisher = engine.generate(request(10).build()).publisher(executor);
      Collector first = new Collector(0);
      publisher.subscribe(first);
      Collector second = new Collector(1);
      publisher.subscribe(second);
      assertTrue(second.ended.await(30, TimeUnit.SECONDS));
      assertInstanceOf(IllegalStateException.class, second.failure);
      first.subscription.request(0);
      assertTrue(first.ended.await(30, TimeUnit.SECONDS));
      assertInstanceOf(IllegalArgumentException.class, first.failure);
    }
  }

  @Test
  void refusesWhatCanNeverRun() {
    Engine engine = engine(EngineOptions.builder().maxSequenceLength(32).cacheTokens(16));
    assertMessage(
        "Generation request: prompt token 1 is 50; expected 0 to 49, the vocabulary of 'tiny'. [MLA-0401]",
        () -> engine.generate(GenerationRequest.builder(1, 50).build()));
    assertMessage(
        "Generation request: stop token is -1; expected 0 to 49, the vocabulary of 'tiny'. [MLA-0401]",
        () -> engine.generate(request(1).stopTokens(-1).build()));
    assertMessage(
        "Prompt of 32 tokens; expected at most 31, since a sequence of this engine has at most 32 tokens (option"
            + " maxSequenceLength; the model has 256 positions). [MLA-0402]",
        () -> engine.generate(GenerationRequest.builder(new int[32]).build()));
    assertMessage(
        "Prompt of 8 tokens and 24 to come need 2 cache blocks of 16 tokens; the cache has 1 (option cacheTokens)."
            + " [MLA-0402]",
        () -> engine.generate(request(100).build()));
    assertMessage(
        "Generation request: prompt of 0 tokens; expected at least one (a BOS token, say). [MLA-0401]",
        () -> GenerationRequest.builder().build());
    assertMessage(
        "Generation request: maxTokens = 0; expected 1 or more. [MLA-0401]",
        () -> request(0).build());
    assertMessage(
        "Generation request: stop strings [x] without a decoder; expected one, since they are looked for in the text."
            + " [MLA-0401]",
        () -> request(1).stopStrings(List.of("x")).build());
    assertMessage(
        "Option maxSequenceLength = 1000; model 'tiny' has 256 positions. [MLA-0401]",
        () -> engine(EngineOptions.builder().maxSequenceLength(1000)));
    assertMessage(
        "Option threads = 0; expected 1 to 1024. [MLA-0401]",
        () -> EngineOptions.builder().threads(0).build());
    assertMessage(
        "Sampling: topP = 0.0; expected above 0 and at most 1. [MLA-0401]",
        () -> new Sampling(1, 0, 0, 0));
  }

  private static void assertMessage(String expected, Runnable action) {
    assertEquals(expected, assertThrows(InvalidInputException.class, action::run).getMessage());
  }

  private static GenerationRequest.Builder request(int tokens) {
    return GenerationRequest.builder(PROMPT).maxTokens(tokens);
  }

  private static int[] prompt(int seed) {
    int[] prompt = new int[1 + seed % 9];
    for (int i = 0; i < prompt.length; i++) {
      prompt[i] = (seed * 13 + i * 5) % TinyModel.VOCABULARY;
    }
    return prompt;
  }

  private Engine engine() {
    return engine(EngineOptions.builder());
  }

  private Engine engine(EngineOptions.Builder options) {
    Engine engine = Engine.open(new TinyModel(), options.build());
    engines.add(engine);
    return engine;
  }

  /** The oracle: one sequence, one token at a time, on one thread, without an engine. */
  private static List<Integer> stepByStep(int[] prompt, int count) {
    try (StepRunner runner =
        StepRunner.build(new TinyModel(), EngineOptions.builder().threads(1).build())) {
      int[] tokens = Arrays.copyOf(prompt, prompt.length + count);
      int[] blocks = IntStream.rangeClosed(1, 16).toArray();
      for (int i = 0; i < tokens.length - 1; i++) {
        runner.step().clear();
        runner.step().addSequence(Phase.DECODE, i, tokens, i, 1, blocks, blocks.length);
        runner.step().wantLastLogits(Sampling.GREEDY, 0);
        runner.run();
        if (i >= prompt.length - 1) {
          tokens[i + 1] = runner.sampled(0);
        }
      }
      return Arrays.stream(tokens).skip(prompt.length).boxed().toList();
    }
  }

  private static String spell(List<Integer> tokens) {
    StringBuilder text = new StringBuilder();
    tokens.forEach(token -> text.append((char) ('0' + token)));
    return text.toString();
  }

  private static void awaitDone(Generation generation) {
    while (!generation.isDone()) {
      Thread.onSpinWait();
    }
  }

  /** One character for each token. */
  private static final class Letters implements TextDecoder {
    @Override
    public String append(int token) {
      return Character.toString('0' + token);
    }

    @Override
    public String finish() {
      return "";
    }
  }

  /** Requests some pieces at once and keeps what comes. */
  private static final class Collector implements Flow.Subscriber<Piece> {
    private final int wanted;
    private final List<Integer> tokens = new ArrayList<>();
    private final CountDownLatch reached;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Flow.Subscription subscription;
    private volatile Throwable failure;

    Collector(int wanted) {
      this.wanted = wanted;
      this.reached = new CountDownLatch(wanted);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      if (wanted > 0) {
        given.request(wanted);
      }
    }

    @Override
    public void onNext(Piece piece) {
      tokens.add(piece.token());
      reached.countDown();
    }

    @Override
    public void onError(Throwable cause) {
      failure = cause;
      ended.countDown();
    }

    @Override
    public void onComplete() {
      ended.countDown();
    }
  }
}
