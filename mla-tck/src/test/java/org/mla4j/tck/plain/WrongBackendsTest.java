package org.mla4j.tck.plain;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mla4j.api.op.AbsorbQuery;
import org.mla4j.api.op.FusedAddRmsNorm;
import org.mla4j.api.op.MoeGate;
import org.mla4j.api.op.RmsNorm;
import org.mla4j.api.op.RmsNormRopeConcatAndCacheMla;
import org.mla4j.api.op.RotaryEmbedding;
import org.mla4j.api.op.Sample;
import org.mla4j.tck.CaseResult;
import org.mla4j.tck.Conformance;
import org.mla4j.tck.ConformanceCase;
import org.mla4j.tck.ConformanceSettings;
import org.mla4j.tck.Outcome;
import org.mla4j.tck.Rule;
import org.mla4j.tck.RuleGroup;
import org.mla4j.tck.Rules;

/** Every deliberate mistake is caught, and by the rule that is meant for it. */
class WrongBackendsTest {
  @ParameterizedTest
  @EnumSource
  void theMistakeBreaksItsRule(Mistake mistake) {
    Rule rule = rule(mistake);
    List<ConformanceCase> wrong = cases(rule, mistake);
    for (int i = 0; i < wrong.size(); i++) {
      if (wrong.get(i).run().outcome() instanceof Outcome.Failed) {
        // It is the mistake that fails there, and nothing else.
        CaseResult right = cases(rule).get(i).run();
        assertInstanceOf(Outcome.Passed.class, right.outcome(), right::toString);
        return;
      }
    }
    fail("None of the " + wrong.size() + " cases of " + rule + " notices: " + mistake);
  }

  /** The cases of a rule, always in the same order. */
  private static List<ConformanceCase> cases(Rule rule, Mistake... mistakes) {
    PlainOptions everything = PlainBackendConformanceTest.everything();
    PlainOptions options = rule.group() == RuleGroup.DEVICE ? everything.withDevice() : everything;
    return Conformance.cases(
        new PlainBackendProvider(options, mistakes),
        ConformanceSettings.quick().samples(OwnOpSamples.all()).rules(rule));
  }

  /** The rule that is there to catch a mistake. */
  private static Rule rule(Mistake mistake) {
    return switch (mistake) {
      case NAME_MALFORMED -> Rules.NAME;
      case LEVEL_UNKNOWN -> Rules.SPI_LEVEL;
      case VERSION_BLANK -> Rules.VERSION;
      case PROBE_THROWS -> Rules.PROBE;
      case PROBE_CHANGES -> Rules.PROBE_AGAIN;
      case OPENS_ONCE -> Rules.REOPEN;
      case UNKNOWN_OPTION_BREAKS -> Rules.UNKNOWN_OPTION;
      case OFFER_CHANGES -> Rules.SAME_LISTS;
      case OP_OF_NO_VOCABULARY -> Rules.OP_NAMES;
      case ANSWER_CHANGES -> Rules.SAME_ANSWER;
      case DESCRIBES_NOTHING -> Rules.DESCRIBED;
      case CLOSE_UNUSED_THROWS -> Rules.CLOSE_UNUSED;
      case OPEN_BACKENDS_DISTURB -> Rules.AT_ONCE;
      case LEAKS_MEMORY -> Rules.NO_GROWTH;
      case LATENT_BEYOND_256_LOST -> Rules.WIDTHS;
      case BLOCK_EDGE_LOST -> Rules.BOUNDARIES;
      case NEXT_PAGE_READ -> Rules.BEYOND_TABLE;
      case EMPTY_SEQUENCES_SKIPPED -> Rules.NO_NEW_TOKENS;
      case EMPTY_CACHE_WRITTEN -> Rules.EMPTY_CACHE;
      case BLOCKS_IN_SUM -> Rules.ANY_BLOCK_SIZE;
      case FUSED_KEY_UNROTATED -> Rules.ROPE_AND_CACHE;
      case NO_ROPE_FAILS -> Rules.OPTIONAL_PARTS;
      case LAYER_WITHOUT_LATENT_SCALE -> Rules.WHOLE_LAYER;
      case FORM_WITHOUT_ROPE -> Rules.FORMS;
      case EMPTY_STEP_FAILS -> Rules.NO_TOKENS;
      case ROW_COUNT_IN_SUM -> Rules.DETERMINISTIC;
      case BITS_CHANGE -> Rules.SAME_BITS;
      case STEP_WRITTEN -> Rules.INPUTS_KEPT;
      case PREPARED_FOR_ONE_KERNEL -> Rules.PREPARED_ONCE;
      case NAN_ROW_SAMPLED -> Rules.UNUSABLE_ROW;
      case F16_WEIGHTS_AS_BF16 -> Rules.WEIGHT_TYPES;
      case FOUR_BITS_SIDE_BY_SIDE -> Rules.BLOCK_TYPES;
      case COMPUTED_WEIGHTS_LEASED -> Rules.DERIVED_WEIGHTS;
      case RELOADS_ELSEWHERE -> Rules.RELOAD_IN_PLACE;
      case GRAPH_ARGUMENTS_CHANGE -> Rules.GRAPH_ARGUMENTS;
      case UPDATE_ALLOCATES -> Rules.REPLAY_ALLOCATES_NOTHING;
      case GRAPH_CLOSE_TWICE_THROWS -> Rules.GRAPH_CLOSE;
      case FUTURE_VISIBLE, OWN_TOKEN_HIDDEN -> Rules.CAUSAL;
      case STALE_PAGE -> Rules.PAGES;
      case WHOLE_BLOCKS_ATTENDED -> Rules.UNUSED_CACHE_NOT_READ;
      case BLOCK_ZERO_CONTRIBUTES -> Rules.BLOCK_ZERO;
      case STATE_LEFT_BETWEEN_BATCHES -> Rules.BETWEEN_BATCHES;
      case SCALE_OF_CACHE_WIDTH -> Rules.SCALE;
      case BASE_2_LSE -> Rules.NATURAL_LOG;
      case EMPTY_ROW_UNTOUCHED, EMPTY_CONTEXT_FINITE_LSE -> Rules.EMPTY_CONTEXT;
      case PROFILING_UNTOUCHED -> Rules.PROFILING;
      case PADDING_IN_SUM -> Rules.DEAD_NOT_READ;
      case INFINITE_LSE_KEPT, EMPTY_MERGE_NAN -> Rules.INFINITE_LSE;
      case MERGE_WEIGHTS_SWAPPED -> Rules.MERGE;
      case ROPE_PAIRS_SWAPPED -> Rules.ROPE_PAIRS;
      case SINE_SIGN -> Rules.ofOp(RotaryEmbedding.TYPE);
      case ROPE_SKIPPED_WITH_WRITE, FUSED_KEY_NEEDS_SLOTS, NULL_SLOT_MAPPING_WRITTEN ->
          Rules.NO_SLOT_MAPPING;
      case ROPE_TABLE_WRAPS -> Rules.POSITION_BEYOND;
      case KEY_NORMED -> Rules.KEY_NOT_NORMED;
      case LATENT_NOT_NORMED -> Rules.ofOp(RmsNormRopeConcatAndCacheMla.TYPE);
      case EPS_OUTSIDE_ROOT, OUTPUT_SCALE_FORGOTTEN -> Rules.ofOp(RmsNorm.TYPE);
      case RESIDUAL_NOT_WRITTEN -> Rules.ofOp(FusedAddRmsNorm.TYPE);
      case OWN_OP_WITHOUT_SILU -> Rules.OWN_OPS;
      case NEIGHBOUR_HEAD -> Rules.ofOp(AbsorbQuery.TYPE);
      case HEADS_POWER_OF_TWO -> Rules.HEADS;
      case NEGATIVE_SLOT_WRAPS -> Rules.NEGATIVE_SLOT;
      case FP8_WITHOUT_SCALE, BF16_TRUNCATED -> Rules.CACHE_WRITE;
      case FP8_WITHOUT_SATURATION -> Rules.FP8_EXTREMES;
      case DS_MLA_ONE_SCALE -> Rules.DS_MLA;
      case ROPE_ORDER_IGNORED, KERNEL_BLOCKS_IGNORED -> Rules.LAYOUTS;
      case GATHER_FROM_ZERO -> Rules.GATHER;
      case COPIES_REVERSED, FIRST_PART_COPIED -> Rules.BLOCK_COPY;
      case STRIDES_IGNORED -> Rules.VIEWS;
      case PADDING_WRITTEN -> Rules.ONLY_LIVE_WRITTEN;
      case THREADS_CHANGE_RESULT -> Rules.THREADS;
      case TIES_TO_HIGHER_EXPERT, TIES_TO_HIGHER_TOKEN -> Rules.TIES;
      case BIAS_IN_WEIGHTS, EXPERT_WEIGHTS_NOT_NORMALISED -> Rules.ofOp(MoeGate.TYPE);
      case TOP_P_OF_KEPT -> Rules.ofOp(Sample.TYPE);
      case LEASE_LEAKED -> Rules.LEASES;
      case STALE_AFTER_RELOAD -> Rules.RELOAD;
      case ALLOCATES_IN_FORWARD -> Rules.NO_ALLOCATION;
      case STARTS_A_THREAD -> Rules.NO_THREADS;
      case CLOSE_TWICE_THROWS -> Rules.CLOSE_TWICE;
      case SUPPORTS_THROWS -> Rules.SUPPORTS_NEVER_THROWS;
      case ACCEPTED_THEN_FAILS -> Rules.ACCEPTED_IS_CREATED;
      case CAPTURE_BAKES_BLOCK_TABLES -> Rules.REPLAY;
      case CAPTURE_BAKES_BATCH -> Rules.REPLAY_FEWER;
      case DEVICE_WITHOUT_MEMORY -> Rules.DEVICE_AND_MEMORY;
      case DEVICE_READ_DOES_NOT_WAIT -> Rules.DEVICE_ACCESS_WAITS;
      case DEVICE_MEMORY_NOT_ZEROED -> Rules.DEVICE_BYTES;
      case DEVICE_MEMORY_NOT_COUNTED -> Rules.DEVICE_ACCOUNT;
      case DEAD_ROWS_COPIED -> Rules.DEVICE_COPIES;
    };
  }
}
