package org.mla4j.tck;

/** What a rule is about. */
public enum RuleGroup {
  /** The descriptor, the probe, opening and closing. */
  PROVIDER("PR", "Provider and life"),
  /** What the backend says of itself and of ops it is offered. */
  SUPPORT("SU", "Answers"),
  /** What each op computes. */
  OP("OP", "Ops"),
  /** What lies in caches, and how. */
  CACHE("CA", "Caches"),
  /** Attention over realistic batches. */
  ATTENTION("AT", "Attention"),
  /** Padding, nothing to do, and what must be refused. */
  EDGE("ED", "Edge cases"),
  /** What is read and written. */
  MEMORY("ME", "Memory"),
  /** What a result may depend on. */
  STATE("ST", "Repeatability"),
  /** How weights are taken. */
  WEIGHT("WE", "Weights"),
  /** What a step may cost. */
  COST("CO", "Cost"),
  /** Capture and replay. */
  GRAPH("GR", "Graphs"),
  /** A device with memory of its own. */
  DEVICE("DE", "Devices"),
  /** Layers, attention forms, plans and a model as a whole. */
  LAYER("LA", "Layers"),
  /** The backend's own ops. */
  VENDOR("VE", "A backend's own ops");

  private final String code;
  private final String title;

  RuleGroup(String code, String title) {
    this.code = code;
    this.title = title;
  }

  /**
   * Returns the middle of the numbers of its rules.
   *
   * @return two letters
   */
  public String code() {
    return code;
  }

  /**
   * Returns its name.
   *
   * @return for people
   */
  public String title() {
    return title;
  }
}
