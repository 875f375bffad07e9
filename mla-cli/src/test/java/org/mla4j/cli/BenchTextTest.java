package org.mla4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.mla4j.cli.BenchSummary.Bound;
import org.mla4j.cli.BenchSummary.OpShare;
import org.mla4j.core.measure.MachineLimits;
import org.mla4j.models.measure.Start;

/** The same benchmark in all forms. */
class BenchTextTest {
  private static final Bound BOUND =
      new Bound(
          1.5e9,
          2.5e6,
          3e9,
          15.025e9,
          30e9,
          0.7154,
          0.06,
          "memory",
          0.7154,
          0.0123,
          List.of(
              new OpShare("linear", 300, 0.6, 20e9, 40e9, 0.95),
              new OpShare("own:op", 2, 0.3877, null, null, null)),
          List.of("own:op"));

  private static BenchSummary summary(@Nullable Long peak, @Nullable Bound bound) {
    return new BenchSummary(
        "a, \"b\"|c",
        3L << 30,
        1234567,
        "Q4_0",
        "F32",
        "cpu",
        3,
        1,
        List.of(new Start(2, 0.125, 2.5, 3.75)),
        peak,
        bound == null ? List.of() : List.of(new MachineLimits(2, 21e9, 500e9, 1 << 30)),
        List.of(
            new BenchSummary.Test(
                "tg8 @ d16", 2, 0, 8, 16, 1, 10, 0.5, 9.75, List.of(10.5, 9.75, 9.75), bound)));
  }

  @Test
  void table() {
    assertEquals(
        """
        model      size     parameters  weights  backend  cache  threads  test       tokens/s  ± s.d.  median
        a, "b"|c   3.0 GiB  1,234,567   Q4_0     cpu      F32    2        tg8 @ d16  10.00     0.500   9.75

        threads  opened  ready after  first token (prompt of 8)  peak memory
        2        0.13 s  2.50 s       3.75 s                     4.0 GiB

        threads  machine reads  computes
        2        21.00 GB/s     500.0 GFLOP/s

        threads  test       MB/token  of cache  MFLOP/token  GB/s   GFLOP/s  of reading  of computing  bound   outside kernels
        2        tg8 @ d16  1502.5    2.50      3000.0       15.03  30.00    71.5 %      6.0 %         memory  1.2 %

        threads  test       op      runs  of time  GB/s   GFLOP/s  of bound
        2        tg8 @ d16  linear  300   60.0 %   20.00  40.00    95.0 %
        2        tg8 @ d16  own:op  2     38.8 %   -      -        -

        Bytes are weights as stored, once in a step, of experts as many as are expected to be used; and cache rows. Values of a step are not counted.
        Times of ops and outside of kernels are of a run of its own, which waits after every op.
        Not counted, since nobody knows what they do: own:op.\
        """
            .replace("model      size", "model     size")
            .replace("\"b\"|c   3.0", "\"b\"|c  3.0"),
        BenchText.of(summary(4L << 30, BOUND), TextTable::toString));
  }

  @Test
  void markdown() {
    assertEquals(
        """
        | model | size | parameters | weights | backend | cache | threads | test | tokens/s | ± s.d. | median |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        | a, "b"\\|c | 3.0 GiB | 1,234,567 | Q4_0 | cpu | F32 | 2 | tg8 @ d16 | 10.00 | 0.500 | 9.75 |

        | threads | opened | ready after | first token (prompt of 8) | peak memory |
        | --- | --- | --- | --- | --- |
        | 2 | 0.13 s | 2.50 s | 3.75 s | - |\
        """,
        BenchText.of(summary(null, null), TextTable::markdown));
  }

  @Test
  void csv() {
    String heading =
        "model,file_bytes,parameters,weight_type,backend,cache_type,threads,test,prompt,generated,"
            + "depth,batch,repetitions,tokens_per_second,standard_deviation,median,open_seconds,"
            + "ready_seconds,first_token_seconds,peak_memory_bytes,weight_bytes_per_token,"
            + "cache_bytes_per_token,flops_per_token,bytes_per_second,flops_per_second,"
            + "of_bandwidth,of_peak,bound,outside_share\n";
    String start =
        "\"a, \"\"b\"\"|c\",3221225472,1234567,Q4_0,cpu,F32,2,tg8 @ d16,0,8,16,1,3,10.0,0.5,9.75,"
            + "0.125,2.5,3.75,";
    assertEquals(
        heading + start + "42,1.5E9,2500000.0,3.0E9,1.5025E10,3.0E10,0.7154,0.06,memory,0.0123",
        BenchCsv.of(summary(42L, BOUND)));
    assertEquals(heading + start + ",,,,,,,,,", BenchCsv.of(summary(null, null)));
  }
}
