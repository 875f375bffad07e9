package org.mla4j.tck;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What is tested, and how much.
 *
 * @param profile how much of the grids
 * @param seed decides random numbers, samples of grids and the order of cases
 * @param options options that the backend is opened with
 * @param groups groups whose rules are tested
 * @param rules numbers of the rules that are tested; empty for all
 * @param ops types of ops that are tested; empty for all. Cases about no op in particular run in
 *     any case
 * @param samples examples of the backend's own ops
 */
public record ConformanceSettings(
    Profile profile,
    long seed,
    Map<String, String> options,
    Set<RuleGroup> groups,
    Set<String> rules,
    Set<String> ops,
    List<VendorSample> samples) {
  /** The system property that chooses the profile: {@code quick} or {@code full}. */
  public static final String PROFILE_PROPERTY = "mla.tck.profile";

  /** The system property that sets the seed. */
  public static final String SEED_PROPERTY = "mla.tck.seed";

  /** The seed of the quick profile, so that a build that passed passes again. */
  private static final long USUAL_SEED = 20;

  /** Copies the collections. */
  public ConformanceSettings {
    options = Map.copyOf(options);
    groups = Set.copyOf(groups);
    rules = Set.copyOf(rules);
    ops = Set.copyOf(ops);
    samples = List.copyOf(samples);
  }

  /**
   * Starts with the quick profile, all rules, and a fixed seed.
   *
   * @return the settings
   */
  public static ConformanceSettings quick() {
    return new ConformanceSettings(
        Profile.QUICK,
        USUAL_SEED,
        Map.of(),
        EnumSet.allOf(RuleGroup.class),
        Set.of(),
        Set.of(),
        List.of());
  }

  /**
   * Reads profile and seed from system properties. Without a seed the quick profile takes a fixed
   * one, the full profile another in every run.
   *
   * @return the settings
   * @throws IllegalArgumentException if a property has another value than expected
   */
  public static ConformanceSettings fromProperties() {
    String given = System.getProperty(PROFILE_PROPERTY, "quick");
    Profile profile =
        switch (given.toLowerCase(Locale.ROOT)) {
          case "quick" -> Profile.QUICK;
          case "full" -> Profile.FULL;
          default ->
              throw new IllegalArgumentException(
                  PROFILE_PROPERTY + " = '" + given + "'; expected quick or full.");
        };
    String seed = System.getProperty(SEED_PROPERTY);
    long fallback = profile == Profile.QUICK ? USUAL_SEED : System.nanoTime() & 0xFFFFFF;
    try {
      return quick().profile(profile).seed(seed == null ? fallback : Long.parseLong(seed));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          SEED_PROPERTY + " = '" + seed + "'; expected a whole number.", e);
    }
  }

  /**
   * Changes the profile.
   *
   * @param value how much of the grids
   * @return new settings
   */
  public ConformanceSettings profile(Profile value) {
    return new ConformanceSettings(value, seed, options, groups, rules, ops, samples);
  }

  /**
   * Changes the seed.
   *
   * @param value any number
   * @return new settings
   */
  public ConformanceSettings seed(long value) {
    return new ConformanceSettings(profile, value, options, groups, rules, ops, samples);
  }

  /**
   * Changes the options of the backend.
   *
   * @param value name to value
   * @return new settings
   */
  public ConformanceSettings options(Map<String, String> value) {
    return new ConformanceSettings(profile, seed, value, groups, rules, ops, samples);
  }

  /**
   * Tests the rules of some groups only.
   *
   * @param value the groups
   * @return new settings
   */
  public ConformanceSettings groups(RuleGroup... value) {
    return new ConformanceSettings(profile, seed, options, Set.of(value), rules, ops, samples);
  }

  /**
   * Tests some rules only.
   *
   * @param value the rules; none for all
   * @return new settings
   */
  public ConformanceSettings rules(Rule... value) {
    Set<String> numbers =
        java.util.Arrays.stream(value)
            .map(Rule::number)
            .collect(java.util.stream.Collectors.toUnmodifiableSet());
    return new ConformanceSettings(profile, seed, options, groups, numbers, ops, samples);
  }

  /**
   * Tests some ops only.
   *
   * @param value types of ops; none for all
   * @return new settings
   */
  public ConformanceSettings ops(String... value) {
    return new ConformanceSettings(profile, seed, options, groups, rules, Set.of(value), samples);
  }

  /**
   * Gives examples of the backend's own ops.
   *
   * @param value the examples
   * @return new settings
   */
  public ConformanceSettings samples(List<VendorSample> value) {
    return new ConformanceSettings(profile, seed, options, groups, rules, ops, value);
  }
}
