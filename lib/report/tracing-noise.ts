// SPDX-License-Identifier: Apache-2.0
/** Whether a line only tells that a hook switches its tracing on or off; contract §1.6 leaves such lines out. */
export const isTracingNoise = (line: string): boolean => /set \+o|xtrace/.test(line);
