package org.mla4j.core.cost;

import java.util.ArrayList;
import java.util.List;
import org.mla4j.api.step.Phase;
import org.mla4j.api.step.Rows;
import org.mla4j.api.step.StepDescription;

/**
 * How much there is to do in a step, without what its tokens are.
 *
 * @param queries the sequences, those without new tokens left out
 * @param logitRows tokens whose logits are wanted
 * @param contextPasses how often context is taken up, see {@link StepDescription#contextPasses()}
 */
public record StepShape(List<Query> queries, int logitRows, int contextPasses) {
  /** Copies the list. */
  public StepShape {
    queries = List.copyOf(queries);
  }

  /**
   * The new tokens of a sequence.
   *
   * @param phase the form they are attended in
   * @param context tokens before them
   * @param count how many, at least one
   */
  public record Query(Phase phase, int context, int count) {
    /** Pairs of a new token and a token up to it, itself included. */
    double pairs() {
      return contextPairs() + newPairs();
    }

    /** Pairs among the new tokens. */
    double newPairs() {
      return count * (count + 1.0) / 2;
    }

    /** Pairs of a new token and one that is in the cache. */
    double contextPairs() {
      return (double) count * context;
    }
  }

  /**
   * Looks at a step.
   *
   * @param step a step that is described
   * @return its shape
   */
  public static StepShape of(StepDescription step) {
    List<Query> queries = new ArrayList<>();
    for (int i = 0; i < step.sequences(); i++) {
      int count = step.queryLength(i);
      if (count > 0) {
        Phase phase = i < step.decodeSequences() ? Phase.DECODE : Phase.PREFILL;
        queries.add(new Query(phase, step.sequenceLength(i) - count, count));
      }
    }
    return new StepShape(queries, step.count(Rows.LOGITS), step.contextPasses());
  }

  /**
   * Counts rows. Context rows are those of all passes together.
   *
   * @param kind the kind of rows
   * @return how many there are in the step
   */
  public long rows(Rows kind) {
    return switch (kind) {
      case ALL -> rows(Rows.DECODE) + rows(Rows.PREFILL);
      case DECODE -> of(Phase.DECODE).stream().mapToLong(Query::count).sum();
      case PREFILL -> of(Phase.PREFILL).stream().mapToLong(Query::count).sum();
      case CONTEXT -> of(Phase.PREFILL).stream().mapToLong(Query::context).sum();
      case LOGITS -> logitRows;
      case BLOCK_COPIES -> 0; // no plan copies blocks
    };
  }

  List<Query> of(Phase phase) {
    return queries.stream().filter(query -> query.phase() == phase).toList();
  }

  /** The queries of those rows that attention works on. */
  List<Query> of(Rows kind) {
    return switch (kind) {
      case ALL -> queries;
      case DECODE -> of(Phase.DECODE);
      case PREFILL, CONTEXT -> of(Phase.PREFILL);
      case LOGITS, BLOCK_COPIES -> List.of();
    };
  }

  /** How often a node on such rows runs. */
  int runs(Rows kind) {
    if (kind == Rows.CONTEXT) {
      return contextPasses;
    }
    return rows(kind) == 0 ? 0 : 1;
  }
}
