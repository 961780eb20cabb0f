import sequencer from '@jest/test-sequencer';

/** A spec that starts processes takes about this long, any other one about a tenth of it. */
const PROCESS_SPEC_MS = 30_000;

/**
 * Starts the longest specs first, so that no worker is left with a long one at the end. Jest does that by the times of the run
 * before; a clean clone has none.
 */
export default class LongestFirst extends sequencer {
  time(test) {
    return (
      super.time(test) ?? (test.path.includes('/test/process/') ? PROCESS_SPEC_MS : PROCESS_SPEC_MS / 10)
    );
  }
}
