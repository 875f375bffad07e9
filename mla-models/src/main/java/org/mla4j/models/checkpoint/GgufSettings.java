package org.mla4j.models.checkpoint;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is to be written to a GGUF file about the model, under the name of its architecture. */
final class GgufSettings {
  private final String prefix;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final List<String> remarks = new ArrayList<>();

  GgufSettings(String architecture) {
    this.prefix = architecture + ".";
  }

  void integer(String key, int value) {
    values.put(prefix + key, value);
  }

  void bool(String key, boolean value) {
    values.put(prefix + key, value);
  }

  void string(String key, String value) {
    values.put(prefix + key, value);
  }

  /** Adds a number in 32 bits, the only kind that llama.cpp reads. */
  void number(String key, double value) {
    float rounded = new BigDecimal(Double.toString(value)).floatValue();
    if (Double.parseDouble(Float.toString(rounded)) != value) {
      remarks.add("'" + prefix + key + "' is " + rounded + ", rounded from " + value);
    }
    values.put(prefix + key, rounded);
  }

  /** All keys with their values. */
  Map<String, Object> values() {
    return Collections.unmodifiableMap(values);
  }

  /** Numbers that are not exactly those of the configuration. */
  List<String> remarks() {
    return Collections.unmodifiableList(remarks);
  }
}
