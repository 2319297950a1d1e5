// SPDX-License-Identifier: Apache-2.0

/**
 * Owns whatever must be given back: mounts, directories, devices, processes. Releases run in reverse order,
 * each once, all of them even when one fails. There is no other clean-up code in the worker.
 */
export class Scope {
  readonly #releases: { readonly what: string; readonly release: () => Promise<void> }[] = [];

  /** @param what Names the thing for the report of a failed release, as in `the mount of /proc`. */
  defer(what: string, release: () => Promise<void>): void {
    this.#releases.push({ what, release });
  }

  /** Releases everything deferred so far, last first. @returns a line for each release that failed. */
  async close(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (let next = this.#releases.pop(); next !== undefined; next = this.#releases.pop()) {
      const { what, release } = next;
      await release().catch((error: unknown) => {
        failures.push(`could not release ${what}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
    return failures;
  }
}

/** Runs `use` with a scope of its own and closes it whatever happens; failed releases are reported, never thrown. */
export async function withScope<T>(
  report: (releaseFailure: string) => void,
  use: (scope: Scope) => Promise<T>,
): Promise<T> {
  const scope = new Scope();
  try {
    return await use(scope);
  } finally {
    for (const failure of await scope.close()) report(failure);
  }
}
