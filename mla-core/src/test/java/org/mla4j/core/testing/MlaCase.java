package org.mla4j.core.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.ConcatAndCacheMla;
import org.mla4j.api.op.GatherCache;
import org.mla4j.api.op.Linear;
import org.mla4j.api.op.MergeAttentionStates;
import org.mla4j.api.op.MlaContextAttention;
import org.mla4j.api.op.MlaDecodeAttention;
import org.mla4j.api.op.MlaPrefillAttention;
import org.mla4j.api.op.ProjectValue;
import org.mla4j.api.spec.CacheLayout;
import org.mla4j.api.spec.CacheSpec;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepLimits;
import org.mla4j.api.tensor.DType;
import org.mla4j.api.value.CacheValue;
import org.mla4j.api.value.StepValue;
import org.mla4j.core.cpu.kernel.KernelSet;

/**
 * The attention core of a layer with random numbers: some sequences, their queries, latents and
 * rotary keys, and the joint up-projection. It can be computed in both algebraic forms.
 *
 * @param heads heads, N
 * @param nope width of a key head without rope, P
 * @param rope width of the rotary key, R; may be 0
 * @param value width of a value head, V
 * @param latent width of the latent, L
 * @param blockSize tokens per cache block
 * @param weight element type of the up-projection
 * @param lengths tokens of each sequence
 */
public record MlaCase(
    int heads,
    int nope,
    int rope,
    int value,
    int latent,
    int blockSize,
    DType weight,
    List<Integer> lengths) {
  /** What attention gave, for the tokens of all sequences one after another. */
  public record Attended(float[] output, float[] logSumExp) {}

  public int tokens() {
    return lengths.stream().mapToInt(Integer::intValue).sum();
  }

  private double scale() {
    return 1 / Math.sqrt(nope + rope);
  }

  private float[] queries() {
    return new RandomData(1).normal(tokens() * heads * (nope + rope), 2);
  }

  private float[] latents() {
    return new RandomData(2).normal(tokens() * (latent + rope));
  }

  private ArrayWeight upProjection() {
    float[] weights =
        new RandomData(3).normal(heads * (nope + value) * latent, 1 / Math.sqrt(latent));
    return ArrayWeight.of("kv_b", weight, weights, (long) heads * (nope + value), latent);
  }

  /** A bench with room for a few rows and blocks more than are used. */
  public OpTestBench bench(int threads) {
    return bench(threads, tokens() + 3);
  }

  /** A bench whose context passes take up so many tokens. */
  public OpTestBench bench(int threads, int contextTokens) {
    int longest = lengths.stream().mapToInt(Integer::intValue).max().orElse(1);
    StepLimits limits =
        new StepLimits(
            tokens() + 3,
            lengths.size() + 1,
            longest + blockSize,
            blockSize,
            blocksUsed() + 4,
            tokens() + 3,
            contextTokens);
    return new OpTestBench(
        limits, threads == 1 ? TestParallel.sequential() : TestParallel.threads(threads));
  }

  private int blocksUsed() {
    return lengths.stream().mapToInt(length -> Math.ceilDiv(length, blockSize)).sum();
  }

  /** Cache blocks of each sequence, scattered. */
  private List<int[]> blocks() {
    int[] order = new RandomData(4).permutation(blocksUsed());
    List<int[]> tables = new ArrayList<>();
    int used = 0;
    for (int length : lengths) {
      int count = Math.ceilDiv(length, blockSize);
      tables.add(Arrays.stream(order, used, used + count).map(block -> block + 1).toArray());
      used += count;
    }
    return tables;
  }

  private static float[] behindPoison(int poison, float[] values) {
    float[] all = new float[poison + values.length];
    Arrays.fill(all, 0, poison, Float.NaN);
    System.arraycopy(values, 0, all, poison, values.length);
    return all;
  }

  private void allTokens(OpTestBench bench, Phase phase) {
    bench.step().clear();
    addAllTokens(bench, phase);
  }

  private void addAllTokens(OpTestBench bench, Phase phase) {
    for (int i = 0; i < lengths.size(); i++) {
      bench.add(phase, 0, lengths.get(i), blocks().get(i));
    }
  }

  private StepValue q(OpTestBench bench) {
    return bench.buffer("q", Rows.ALL, heads, nope + rope);
  }

  private StepValue kv(OpTestBench bench) {
    return bench.buffer("kv_a", Rows.ALL, latent + rope);
  }

  /** The decompressed form: every head has keys and values of its own. */
  public Attended prefillForm(KernelSet kernels, OpTestBench bench) {
    return prefillFormBehind(0, kernels, bench);
  }

  /**
   * The same in a step that starts with some decode tokens, up to three, whose rows are all NaN.
   */
  public Attended prefillFormBehind(int decodeTokens, KernelSet kernels, OpTestBench bench) {
    bench.step().clear();
    int[] spare = new int[Math.ceilDiv(decodeTokens, blockSize)];
    Arrays.setAll(spare, i -> blocksUsed() + 1 + i);
    bench.add(Phase.DECODE, 0, decodeTokens, spare);
    addAllTokens(bench, Phase.PREFILL);
    StepValue q = q(bench);
    StepValue kvA = kv(bench);
    bench.fill(q, behindPoison(decodeTokens * q.rowWidth(), queries()));
    bench.fill(kvA, behindPoison(decodeTokens * kvA.rowWidth(), latents()));
    return prefillLiveTokens(kernels, bench);
  }

  private Attended prefillLiveTokens(KernelSet kernels, OpTestBench bench) {
    StepValue q = q(bench);
    StepValue kvA = kv(bench);
    StepValue kv = bench.buffer("kv", Rows.PREFILL, heads, nope + value);
    StepValue out = bench.buffer("attn_out", Rows.ALL, heads, value).only(Rows.PREFILL);
    StepValue lse = bench.buffer("lse_prefill", Rows.PREFILL, heads);

    StepValue kvC = kvA.narrow("kv_c", -1, 0, latent).only(Rows.PREFILL);
    bench.run(kernels, new Linear(kvC, upProjection(), null, kv));
    bench.run(
        kernels,
        new MlaPrefillAttention(
            q.narrow("q_nope", -1, 0, nope).only(Rows.PREFILL),
            rope == 0 ? null : q.narrow("q_pe", -1, nope, rope).only(Rows.PREFILL),
            kv.narrow("k_nope", -1, 0, nope),
            rope == 0 ? null : kvA.narrow("k_pe", -1, latent, rope).only(Rows.PREFILL),
            kv.narrow("v", -1, nope, value),
            scale(),
            out,
            lse));
    return new Attended(bench.read(out), bench.read(lse));
  }

  /**
   * The decompressed form for the last tokens of each sequence, merged pass by pass with what the
   * cache holds of the others.
   *
   * @param newTokens how many; a shorter sequence is new as a whole and has no context
   */
  public Attended extendForm(
      KernelSet kernels, OpTestBench bench, CacheValue cache, int newTokens) {
    return extendForm(kernels, bench, cache, Collections.nCopies(lengths.size(), newTokens));
  }

  /** The same with a number of new tokens for each sequence. */
  public Attended extendForm(
      KernelSet kernels, OpTestBench bench, CacheValue cache, List<Integer> newTokens) {
    bench.step().clear();
    for (int i = 0; i < lengths.size(); i++) {
      int count = Math.min(newTokens.get(i), lengths.get(i));
      bench.add(Phase.PREFILL, lengths.get(i) - count, count, blocks().get(i));
    }
    bench.fill(q(bench), lastTokens(queries(), heads * (nope + rope), newTokens));
    bench.fill(kv(bench), lastTokens(latents(), latent + rope, newTokens));
    prefillLiveTokens(kernels, bench);
    for (int pass = 0; pass < bench.step().contextPasses(); pass++) {
      bench.step().openContextPass(pass);
      mergeContext(kernels, bench, cache);
    }
    return new Attended(
        bench.read(bench.buffer("attn_out", Rows.ALL, heads, value).only(Rows.PREFILL)),
        bench.read(bench.buffer("lse_prefill", Rows.PREFILL, heads)));
  }

  private void mergeContext(KernelSet kernels, OpTestBench bench, CacheValue cache) {
    StepValue q = q(bench);
    StepValue rows = bench.buffer("context", Rows.CONTEXT, latent + rope);
    StepValue kv = bench.buffer("context_kv", Rows.CONTEXT, heads, nope + value);
    StepValue found = bench.buffer("context_out", Rows.PREFILL, heads, value);
    StepValue foundLse = bench.buffer("context_lse", Rows.PREFILL, heads);
    bench.run(kernels, new GatherCache(cache, rows));
    bench.run(
        kernels, new Linear(rows.narrow("context_kv_c", -1, 0, latent), upProjection(), null, kv));
    bench.run(
        kernels,
        new MlaContextAttention(
            q.narrow("q_nope", -1, 0, nope).only(Rows.PREFILL),
            rope == 0 ? null : q.narrow("q_pe", -1, nope, rope).only(Rows.PREFILL),
            kv.narrow("context_k_nope", -1, 0, nope),
            rope == 0 ? null : rows.narrow("context_k_pe", -1, latent, rope),
            kv.narrow("context_v", -1, nope, value),
            scale(),
            found,
            foundLse));
    bench.run(
        kernels,
        new MergeAttentionStates(
            found,
            foundLse,
            bench.buffer("attn_out", Rows.ALL, heads, value).only(Rows.PREFILL),
            bench.buffer("lse_prefill", Rows.PREFILL, heads)));
  }

  /** Writes all latents and rotary keys to the cache, as decode tokens. */
  public void fillCache(KernelSet kernels, OpTestBench bench, CacheValue cache) {
    allTokens(bench, Phase.DECODE);
    StepValue kvA = kv(bench);
    bench.fill(kvA, latents());
    bench.run(
        kernels,
        new ConcatAndCacheMla(
            kvA.narrow("kv_c", -1, 0, latent),
            rope == 0 ? null : kvA.narrow("k_pe", -1, latent, rope),
            cache));
  }

  public CacheValue cache(String name, DType dtype, float scale) {
    return new CacheValue(
        name, "layer", new CacheSpec(CacheSpec.mla(latent, rope, dtype).parts(), dtype, scale));
  }

  /** The same cache, its rows elsewhere. */
  public CacheValue cache(String name, DType dtype, CacheLayout layout) {
    return new CacheValue(name, "layer", cache(name, dtype, 1).spec(), layout);
  }

  /** The absorbed form over a filled cache, all tokens of a sequence being new in one step. */
  public Attended decodeForm(KernelSet kernels, OpTestBench bench, CacheValue cache) {
    allTokens(bench, Phase.DECODE);
    bench.fill(q(bench), queries());
    return decodeLiveTokens(kernels, bench, cache);
  }

  /** The absorbed form for the last token of each sequence alone. */
  public Attended decodeLastTokens(KernelSet kernels, OpTestBench bench, CacheValue cache) {
    bench.step().clear();
    return decodeLastTokensAfter(kernels, bench, cache);
  }

  /** The same after what is in the step already, which must have no new tokens. */
  public Attended decodeLastTokensAfter(KernelSet kernels, OpTestBench bench, CacheValue cache) {
    for (int i = 0; i < lengths.size(); i++) {
      bench.add(Phase.DECODE, lengths.get(i) - 1, 1, blocks().get(i));
    }
    bench.fill(q(bench), lastTokens(queries(), heads * (nope + rope)));
    return decodeLiveTokens(kernels, bench, cache);
  }

  private Attended decodeLiveTokens(KernelSet kernels, OpTestBench bench, CacheValue cache) {
    StepValue q = q(bench);
    StepValue qLatent = bench.buffer("q_latent", Rows.DECODE, heads, latent);
    StepValue oLatent = bench.buffer("o_latent", Rows.DECODE, heads, latent);
    StepValue out = bench.buffer("attn_out", Rows.ALL, heads, value).only(Rows.DECODE);
    StepValue lse = bench.buffer("lse_decode", Rows.DECODE, heads);
    ArrayWeight kvB = upProjection();

    bench.run(
        kernels, new AbsorbQuery(q.narrow("q_nope", -1, 0, nope).only(Rows.DECODE), kvB, qLatent));
    bench.run(
        kernels,
        new MlaDecodeAttention(
            qLatent,
            rope == 0 ? null : q.narrow("q_pe", -1, nope, rope).only(Rows.DECODE),
            cache,
            scale(),
            oLatent,
            lse));
    bench.run(kernels, new ProjectValue(oLatent, kvB, out));
    return new Attended(bench.read(out), bench.read(lse));
  }

  /** The elements that belong to the last token of each sequence, of some per token. */
  public float[] lastTokens(float[] all, int width) {
    return lastTokens(all, width, 1);
  }

  /** The elements that belong to the last tokens of each sequence, or to all it has. */
  public float[] lastTokens(float[] all, int width, int count) {
    return lastTokens(all, width, Collections.nCopies(lengths.size(), count));
  }

  /** The same with a number of tokens for each sequence. */
  public float[] lastTokens(float[] all, int width, List<Integer> counts) {
    float[] last = new float[all.length];
    int copied = 0;
    int end = 0;
    for (int i = 0; i < lengths.size(); i++) {
      end += lengths.get(i);
      int tokens = Math.min(counts.get(i), lengths.get(i));
      System.arraycopy(all, (end - tokens) * width, last, copied, tokens * width);
      copied += tokens * width;
    }
    return Arrays.copyOf(last, copied);
  }
}
