package org.mla4j.tck.harness;

import java.util.Map;
import org.mla4j.api.backend.BackendProvider;

/**
 * What is tested.
 *
 * @param provider the provider
 * @param options options that the backend is opened with
 */
public record Subject(BackendProvider provider, Map<String, String> options) {}
