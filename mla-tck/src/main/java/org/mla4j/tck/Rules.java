package org.mla4j.tck;

import static org.mla4j.tck.RuleGroup.ATTENTION;
import static org.mla4j.tck.RuleGroup.CACHE;
import static org.mla4j.tck.RuleGroup.COST;
import static org.mla4j.tck.RuleGroup.DEVICE;
import static org.mla4j.tck.RuleGroup.EDGE;
import static org.mla4j.tck.RuleGroup.GRAPH;
import static org.mla4j.tck.RuleGroup.LAYER;
import static org.mla4j.tck.RuleGroup.MEMORY;
import static org.mla4j.tck.RuleGroup.OP;
import static org.mla4j.tck.RuleGroup.PROVIDER;
import static org.mla4j.tck.RuleGroup.STATE;
import static org.mla4j.tck.RuleGroup.SUPPORT;
import static org.mla4j.tck.RuleGroup.VENDOR;
import static org.mla4j.tck.RuleGroup.WEIGHT;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mla4j.api.op.Op;

/** All rules, by number. The page {@code docs/spi-specification.md} lists the same ones. */
public final class Rules {
  private static final List<Rule> ALL = new ArrayList<>();

  /** The name. */
  public static final Rule NAME =
      add(
          PROVIDER,
          101,
          "The name is of lower-case letters, digits and hyphens, starts with a letter, and is not 'auto'.");

  /** The level. */
  public static final Rule SPI_LEVEL =
      add(PROVIDER, 102, "The SPI level is one that this version loads.");

  /** The version. */
  public static final Rule VERSION = add(PROVIDER, 103, "The version is given and not blank.");

  /** The probe. */
  public static final Rule PROBE =
      add(
          PROVIDER,
          104,
          "The probe does not throw and says in words what was found, or why the backend cannot be used.");

  /** The probe, twice. */
  public static final Rule PROBE_AGAIN =
      add(PROVIDER, 105, "The probe gives the same answer when it is asked again.");

  /** Opening again. */
  public static final Rule REOPEN =
      add(PROVIDER, 106, "A backend that was closed can be opened again, and computes the same.");

  /** Closing twice. */
  public static final Rule CLOSE_TWICE =
      add(PROVIDER, 107, "Closing a kernel or a backend twice does no harm.");

  /** Unknown options. */
  public static final Rule UNKNOWN_OPTION =
      add(PROVIDER, 108, "An unknown option is ignored, or refused with a message that names it.");

  /** Self-description. */
  public static final Rule SAME_LISTS =
      add(
          PROVIDER,
          109,
          "Ops, layers, features, forms, layouts, device and queue of an open backend are given and never change.");

  /** Names of ops. */
  public static final Rule OP_NAMES =
      add(
          PROVIDER,
          110,
          "The ops of a backend are of the vocabulary, or its own: its name, a colon, a name.");

  /** Closing without use. */
  public static final Rule CLOSE_UNUSED =
      add(PROVIDER, 111, "A backend that was opened and not used can be closed.");

  /** Answers about strange ops. */
  public static final Rule SUPPORTS_NEVER_THROWS =
      add(
          SUPPORT,
          101,
          "Asked about an op of one of its types, a backend answers and never throws, however strange the op.");

  /** Reasons. */
  public static final Rule REASONS =
      add(SUPPORT, 102, "A backend that declines an op says why, in words.");

  /** Keeping promises. */
  public static final Rule ACCEPTED_IS_CREATED =
      add(SUPPORT, 103, "What a backend accepts it creates.");

  /** The same answer. */
  public static final Rule SAME_ANSWER =
      add(SUPPORT, 104, "Asked again about an op, a backend gives the same answer.");

  /** Descriptions. */
  public static final Rule DESCRIBED =
      add(SUPPORT, 105, "A kernel describes itself in words that are not blank.");

  private static final Map<String, Rule> BY_OP = opRules();

  /** Natural logarithms. */
  public static final Rule NATURAL_LOG =
      add(OP, 201, "A log-sum-exp is a natural logarithm, of the scaled scores.");

  /** The scale. */
  public static final Rule SCALE =
      add(
          OP,
          202,
          "Scores are multiplied by the scale of the call, which is of the width P + R and never of L + R.");

  /** The rotary key. */
  public static final Rule KEY_NOT_NORMED = add(OP, 203, "The rotary key is never normed.");

  /** Pairs. */
  public static final Rule ROPE_PAIRS =
      add(OP, 204, "Rope turns the pairs that its style names, and leaves their order.");

  /** Heads. */
  public static final Rule HEADS =
      add(
          OP,
          205,
          "Any number of heads from 1 to 128 is computed head by head, or declined with a reason.");

  /** Widths. */
  public static final Rule WIDTHS =
      add(
          OP,
          206,
          "Latents of 64, 96, 256 and 512, rotary parts of 0, 32, 64 and 128 and values of another width than keys are computed, or declined with a reason.");

  /** The mask. */
  public static final Rule CAUSAL =
      add(OP, 207, "A token sees itself and every token before it, and none after it.");

  /** Pages. */
  public static final Rule PAGES =
      add(OP, 208, "Every position is read from the block that the block table names for it.");

  /** Ties. */
  public static final Rule TIES =
      add(
          OP,
          209,
          "Of equal logits the lowest token wins, and of equal choices the lowest expert.");

  /** Types of weights. */
  public static final Rule WEIGHT_TYPES =
      add(OP, 210, "Weights of F32, BF16 and F16 are widened exactly.");

  /** Weights in blocks. */
  public static final Rule BLOCK_TYPES =
      add(
          OP,
          211,
          "Weights of block types (Q8_0, Q4_0, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, IQ4_NL) are decoded as their format says, or declined with a reason.");

  /** The cache write. */
  public static final Rule CACHE_WRITE =
      add(
          CACHE,
          101,
          "Latent and key are written to their slots: F32 as they are, 16 bits to nearest even, F8_E4M3 divided by the scale and saturated.");

  /** The 656-byte row. */
  public static final Rule DS_MLA =
      add(CACHE, 102, "A row of fp8_ds_mla has its 656 bytes as the format says, scales included.");

  /** Copies of blocks. */
  public static final Rule BLOCK_COPY =
      add(
          CACHE,
          103,
          "Blocks are copied byte for byte, in all parts, one after another in the order of the list.");

  /** Gathering. */
  public static final Rule GATHER =
      add(
          CACHE,
          104,
          "Gathered rows are what the cache holds of their sequence and position, widened and scaled.");

  /** Rope and cache at once. */
  public static final Rule ROPE_AND_CACHE =
      add(
          CACHE,
          105,
          "The fused rope and cache write leaves what the two ops would leave, in both styles, all types and block sizes.");

  /** Layouts. */
  public static final Rule LAYOUTS =
      add(
          CACHE,
          106,
          "Every cache layout that a backend offers is written and read cell by cell as the layout says.");

  /** Extreme codes. */
  public static final Rule FP8_EXTREMES =
      add(
          CACHE,
          107,
          "Zeros, subnormal numbers and numbers beyond the range are stored as the F8_E4M3 codes they round to.");

  /** Batches. */
  public static final Rule BATCHES =
      add(
          ATTENTION,
          101,
          "Decode, prefill and mixed batches of all sizes agree with dense attention, with heads of a whole model and of its shards.");

  /** Chunked context. */
  public static final Rule CHUNKED_CONTEXT =
      add(
          ATTENTION,
          102,
          "A prompt whose context is taken up in passes agrees with dense attention, also beside prompts without context.");

  /** Merging. */
  public static final Rule MERGE =
      add(ATTENTION, 103, "Merged attention states agree with attention over both sets of keys.");

  /** Block and chunk boundaries. */
  public static final Rule BOUNDARIES =
      add(
          ATTENTION,
          104,
          "Contexts that end one token before, at and after the edge of a block or a pass are attended whole.");

  /** The profiling step. */
  public static final Rule PROFILING =
      add(
          EDGE,
          101,
          "In a profiling step attention gives 0 with a log-sum-exp of minus infinity, and no cache is touched.");

  /** No slot mapping. */
  public static final Rule NO_SLOT_MAPPING =
      add(
          EDGE,
          102,
          "Without a slot mapping nothing is written to a cache, and rope is applied all the same.");

  /** Padding tokens. */
  public static final Rule NEGATIVE_SLOT =
      add(
          EDGE,
          103,
          "A token with a negative slot is not written; its query is still produced and its output is finite.");

  /** An empty cache. */
  public static final Rule EMPTY_CACHE =
      add(EDGE, 104, "A cache without blocks is neither written nor read.");

  /** Sequences without tokens. */
  public static final Rule NO_NEW_TOKENS =
      add(EDGE, 105, "A sequence without new tokens, of any length, is ignored.");

  /** Infinite log-sum-exps. */
  public static final Rule INFINITE_LSE =
      add(
          EDGE,
          106,
          "In a merge a log-sum-exp of plus infinity counts as minus infinity; a side without keys leaves the other as it is, bit for bit; two such sides give 0 and minus infinity.");

  /** No context. */
  public static final Rule EMPTY_CONTEXT =
      add(
          EDGE,
          107,
          "A sequence without rows in a context pass gets 0 and a log-sum-exp of minus infinity.");

  /** The block table. */
  public static final Rule BEYOND_TABLE =
      add(EDGE, 108, "Entries of a block table beyond the length of the sequence are not read.");

  /** Block 0. */
  public static final Rule BLOCK_ZERO = add(EDGE, 109, "What lies in block 0 never contributes.");

  /** Positions beyond the table. */
  public static final Rule POSITION_BEYOND =
      add(
          EDGE,
          110,
          "A position beyond the rope table is refused with a message, and nothing is rotated.");

  /** Rows that cannot be sampled. */
  public static final Rule UNUSABLE_ROW =
      add(
          EDGE,
          111,
          "A row of logits with a NaN, or with nothing above minus infinity, gets the id -1, and the other rows are drawn.");

  /** No rope, no query LoRA. */
  public static final Rule OPTIONAL_PARTS =
      add(
          EDGE,
          112,
          "Fused ops without a rope, without norms or without a query LoRA skip that part.");

  /** Steps without tokens. */
  public static final Rule NO_TOKENS =
      add(
          EDGE,
          113,
          "A layer, an attention op or a plan returns at once from a step without tokens, and skips the half that has none.");

  /** Nothing else written. */
  public static final Rule ONLY_LIVE_WRITTEN =
      add(
          MEMORY,
          101,
          "Nothing changes but the live rows of values that the op writes and the slots of its tokens.");

  /** Dead rows. */
  public static final Rule DEAD_NOT_READ =
      add(MEMORY, 102, "Rows beyond the live ones have no influence, whatever they hold.");

  /** Unused cache. */
  public static final Rule UNUSED_CACHE_NOT_READ =
      add(
          MEMORY,
          103,
          "Cache rows that no token of the step may see have no influence, whatever they hold.");

  /** Views. */
  public static final Rule VIEWS =
      add(
          MEMORY,
          104,
          "Values that are views of larger buffers, at any element's address, are read and written where they lie.");

  /** Inputs. */
  public static final Rule INPUTS_KEPT =
      add(MEMORY, 105, "Weights and the description of the step are not written.");

  /** The same step. */
  public static final Rule SAME_BITS =
      add(STATE, 101, "The same step gives the same bits every time.");

  /** Threads. */
  public static final Rule THREADS =
      add(
          STATE,
          102,
          "A result has the same bits with any number of threads, whoever runs which task.");

  /** Between batches. */
  public static final Rule BETWEEN_BATCHES =
      add(
          STATE,
          103,
          "A step leaves nothing behind: after any other batch, a batch gives the bits it gave before.");

  /** Prepared once. */
  public static final Rule PREPARED_ONCE =
      add(STATE, 104, "One call of prepare serves the kernels of all layers in a step.");

  /** At once. */
  public static final Rule AT_ONCE =
      add(
          STATE,
          105,
          "Two engines of one provider run at once, in different threads, without disturbing one another.");

  /** Alone or among many. */
  public static final Rule DETERMINISTIC =
      add(
          STATE,
          106,
          "A backend that claims to be deterministic gives a sequence the same bits alone and among others.");

  /** Block sizes. */
  public static final Rule ANY_BLOCK_SIZE =
      add(
          STATE,
          107,
          "A backend that claims to be deterministic gives the same bits with any block size.");

  /** Leases. */
  public static final Rule LEASES =
      add(WEIGHT, 101, "When a backend is closed it has returned every lease on a weight.");

  /** Reloading. */
  public static final Rule RELOAD =
      add(
          WEIGHT,
          102,
          "After a reload results are those of the new weights, derived weights included; reloading again changes nothing.");

  /** Memory of reloads. */
  public static final Rule RELOAD_IN_PLACE =
      add(
          WEIGHT,
          103,
          "A reload goes into the same storage: it takes no more memory of the engine.");

  /** Weights that are computed. */
  public static final Rule DERIVED_WEIGHTS =
      add(WEIGHT, 104, "A weight that is not stored as a plain tensor is materialised.");

  /** The heap. */
  public static final Rule NO_ALLOCATION =
      add(COST, 101, "A warm kernel allocates nothing on the Java heap, on any thread.");

  /** Threads started. */
  public static final Rule NO_THREADS = add(COST, 102, "A backend starts no threads.");

  /** Where memory comes from. */
  public static final Rule ENGINE_MEMORY =
      add(COST, 103, "Host memory that a backend keeps outside the heap comes from the engine.");

  /** Leaks. */
  public static final Rule NO_GROWTH =
      add(
          COST,
          104,
          "Opening, using and closing a backend many times leaves no memory and no thread behind.");

  /** Replay. */
  public static final Rule REPLAY =
      add(GRAPH, 101, "A replay gives the bits that the kernels give one by one.");

  /** Fewer rows. */
  public static final Rule REPLAY_FEWER =
      add(
          GRAPH,
          102,
          "A replay with fewer rows than captured neither reads nor writes the others, whatever they hold.");

  /** Arguments. */
  public static final Rule GRAPH_ARGUMENTS =
      add(
          GRAPH,
          103,
          "A graph names what it depends on, always the same, and what is baked keeps its value.");

  /** Allocation of replays. */
  public static final Rule REPLAY_ALLOCATES_NOTHING =
      add(GRAPH, 104, "Update and replay allocate nothing on the Java heap.");

  /** Closing graphs. */
  public static final Rule GRAPH_CLOSE =
      add(GRAPH, 105, "Closing a graph twice does no harm, and its kernels still run one by one.");

  /** A device and its memory. */
  public static final Rule DEVICE_AND_MEMORY =
      add(
          DEVICE,
          101,
          "A backend has memory of its own exactly if its device is not the host, and then copies in both directions.");

  /** Bytes of a device. */
  public static final Rule DEVICE_BYTES =
      add(
          DEVICE,
          102,
          "Memory of a device is zeroed, and what is written to it, at any offset, is read back.");

  /** Order of accesses. */
  public static final Rule DEVICE_ACCESS_WAITS =
      add(DEVICE, 103, "Reading and writing memory of a device waits for what was submitted.");

  /** Copies between devices. */
  public static final Rule DEVICE_COPIES =
      add(
          DEVICE,
          104,
          "The op copy_to takes the live rows, and no others, from the host to the device and back.");

  /** What is in use. */
  public static final Rule DEVICE_ACCOUNT =
      add(DEVICE, 105, "Memory of a device that is allocated is in its account, by purpose.");

  /** The default forward. */
  public static final Rule DEFAULT_FORWARD =
      add(
          LAYER,
          101,
          "The separate ops of a layer, those of the backend by its kernels, give the result of the layer.");

  /** Whole layers. */
  public static final Rule WHOLE_LAYER =
      add(
          LAYER,
          102,
          "A layer that a backend takes whole gives the result of its default forward.");

  /** Forms. */
  public static final Rule FORMS =
      add(
          LAYER,
          103,
          "Attention of every form that a backend offers gives what the separate ops between the two stages give.");

  /** Plans. */
  public static final Rule PLAN =
      add(
          LAYER,
          104,
          "A whole plan that a backend takes gives what its nodes give one after another.");

  /** A model. */
  public static final Rule MODEL =
      add(
          LAYER,
          105,
          "A model run by an engine with this backend gives the logits that it gives on cpu.");

  /** Experts. */
  public static final Rule MOE_LAYER =
      add(
          LAYER,
          106,
          "A mixture-of-experts layer that a backend takes whole gives the result of its separate ops.");

  /** Grouped queries. */
  public static final Rule GQA_LAYER =
      add(
          LAYER,
          107,
          "A grouped-query attention layer, as separate ops or taken whole, gives the result of its definition.");

  /** Own ops. */
  public static final Rule OWN_OPS =
      add(
          VENDOR,
          101,
          "The kernel of a backend's own op gives what the reference of the op gives.");

  /** Own ops, all of them. */
  public static final Rule OWN_OPS_SAMPLED =
      add(VENDOR, 102, "Every op of a backend's own has a sample to test it with.");

  private Rules() {}

  /**
   * Returns all rules.
   *
   * @return by group and number
   */
  public static List<Rule> all() {
    return List.copyOf(ALL);
  }

  /**
   * Returns the rule that an op gives the result of its definition.
   *
   * @param type a name of {@link Op#VOCABULARY}
   * @return the rule
   */
  public static Rule ofOp(String type) {
    Rule rule = BY_OP.get(type);
    if (rule == null) {
      throw new IllegalArgumentException(
          "No rule of op '" + type + "'; expected one of " + BY_OP.keySet() + ".");
    }
    return rule;
  }

  private static Map<String, Rule> opRules() {
    // Numbers are written down, since the vocabulary is sorted and may grow in its middle.
    List<String> numbered =
        List.of(
            "absorb_query",
            "add",
            "concat_and_cache_mla",
            "copy_blocks",
            "copy_to",
            "embedding",
            "fused_add_rms_norm",
            "gather_cache",
            "gqa_attention",
            "linear",
            "merge_attention_states",
            "mla_attention",
            "mla_context_attention",
            "mla_decode_attention",
            "mla_prefill_attention",
            "mla_preprocess",
            "moe_gate",
            "project_value",
            "qkv_a_proj",
            "rms_norm",
            "rms_norm_rope_concat_and_cache_mla",
            "rope_concat_and_cache_mla",
            "rotary_embedding",
            "fused_moe",
            "sample",
            "select_rows",
            "silu_and_mul",
            "mla_decompressed_attention");
    Map<String, Rule> rules = new LinkedHashMap<>();
    for (int i = 0; i < numbered.size(); i++) {
      String type = numbered.get(i);
      rules.put(type, add(OP, 101 + i, "The op " + type + " gives the result of its definition."));
    }
    return Collections.unmodifiableMap(rules);
  }

  private static Rule add(RuleGroup group, int number, String title) {
    Rule rule = Rule.of(group, number, title);
    ALL.add(rule);
    return rule;
  }
}
