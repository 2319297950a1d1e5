// SPDX-License-Identifier: Apache-2.0

/** What a piece of work has used, with all processes that were waited for in it. */
export type Usage = {
  /** The kernel counts processes in hundredths of a second. */
  readonly userMilliseconds: number;
  readonly systemMilliseconds: number;
  /** Null: not measured. */
  readonly transfer: Transfer | null;
  /** Of its largest process; null: it ended before anyone looked. */
  readonly peakMemoryBytes: number | null;
  /** Other work went on at the same time and may have part in these numbers. */
  readonly isShared: boolean;
};

/** Bytes moved. Source: proc(5), /proc/PID/io. */
export type Transfer = {
  /** By calls such as read and write, whatever they were of: pipes and cached files, too. */
  readonly read: number;
  readonly written: number;
  /** From and to storage. */
  readonly storageRead: number;
  readonly storageWritten: number;
};

export const noTransfer: Transfer = { read: 0, written: 0, storageRead: 0, storageWritten: 0 };

export const noUsage: Usage = {
  userMilliseconds: 0,
  systemMilliseconds: 0,
  transfer: null,
  peakMemoryBytes: null,
  isShared: false,
};

export const cpuMilliseconds = ({ userMilliseconds, systemMilliseconds }: Usage): number =>
  userMilliseconds + systemMilliseconds;

export function addUsage(one: Usage, other: Usage): Usage {
  const [a, b] = [one.peakMemoryBytes, other.peakMemoryBytes];
  return {
    userMilliseconds: one.userMilliseconds + other.userMilliseconds,
    systemMilliseconds: one.systemMilliseconds + other.systemMilliseconds,
    transfer: mapTransfers(one.transfer, other.transfer, (x, y) => x + y),
    peakMemoryBytes: a === null || b === null ? (a ?? b) : Math.max(a, b),
    isShared: one.isShared || other.isShared,
  };
}

/** Of two, field by field; where only one is known it is the result. */
export function mapTransfers(
  one: Transfer | null,
  other: Transfer | null,
  join: (one: number, other: number) => number,
): Transfer | null {
  if (one === null || other === null) return one ?? other;
  return {
    read: join(one.read, other.read),
    written: join(one.written, other.written),
    storageRead: join(one.storageRead, other.storageRead),
    storageWritten: join(one.storageWritten, other.storageWritten),
  };
}
