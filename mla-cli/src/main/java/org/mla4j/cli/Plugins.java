package org.mla4j.cli;

import org.jspecify.annotations.Nullable;
import org.mla4j.core.options.EngineOptions;
import org.mla4j.core.plugin.PluginFolder;
import org.mla4j.models.LoadOptions;

/**
 * The plug-ins of one run of the command, to be closed after all that they were added to.
 *
 * @param folder the folder that they are in; null for none
 */
record Plugins(@Nullable PluginFolder folder) implements AutoCloseable {
  void addTo(EngineOptions.Builder options) {
    if (folder != null) {
      options.pluginLoader(folder);
    }
  }

  void addTo(LoadOptions.Builder options) {
    if (folder != null) {
      options.pluginLoader(folder);
    }
  }

  /** Says what was left out, to whoever does not get the list of everything that was found. */
  void warn(Terminal terminal) {
    if (folder != null) {
      folder
          .unreadable()
          .forEach(jar -> terminal.warn("Plug-in '" + jar.file() + "' " + jar.reason() + "."));
    }
  }

  @Override
  public void close() {
    if (folder != null) {
      folder.close();
    }
  }
}
