// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { PLAN_VERSION } from '../../model/plan.ts';
import { canKnowOf } from './named-in-text.ts';
import type { Naming } from './named-in-text.ts';
import { isSeen } from './seen-variables.ts';

/** Digest of a list of parts that cannot be confused with another list. */
export const digestOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/**
 * What a key is made of, by name: `previous`, `title`, `script`, `shared`, `variable NAME`, `tool NAME` … Two keys differ
 * only when one of them does, so that `cache explain` can say which.
 */
export type KeyParts = Readonly<Record<string, string>>;

/** Different parts never have the same key. */
export const keyOf = (parts: KeyParts): string =>
  digestOf(
    Object.entries(parts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flat(),
  );

/** What the machine and the program are, for the key before the first step. */
export type Beginning = {
  readonly arch: string;
  /** Of the program that builds, and of its shell files. */
  readonly builder: string;
  /** How layers are made and stored: one way cannot read what another has made. */
  readonly way: string;
  /** What each hook of cache-key.d printed, by its name. */
  readonly outside: Readonly<Record<string, string>>;
};

export const firstParts = ({ arch, builder, way, outside }: Beginning): KeyParts => ({
  plan: String(PLAN_VERSION),
  arch,
  builder,
  way,
  ...prefixed('cache-key.d/', outside),
});

/** A file of environment.d that only sets variables which concern few hooks. */
export type Exports = { readonly path: string; readonly digest: string; readonly names: readonly string[] };

export type StepInputs = {
  readonly previous: string;
  readonly title: string;
  /** Digest of the script's name, mode and bytes, and of the files that it names. */
  readonly script: string;
  /** Digest of what all hooks share. */
  readonly shared: string;
  /** Of the script, and of what all hooks share. */
  readonly texts: readonly Naming[];
  readonly exports: readonly Exports[];
  readonly environment: Readonly<Record<string, string>>;
  /** Digests of host programs; empty for hooks that run in the target. */
  readonly tools: Readonly<Record<string, string>>;
  readonly machine: Machine;
};

/** Facts of the host that also a hook in the target can ask for. */
export type Machine = {
  /** Release and version. */
  readonly kernel: string;
  readonly hostName: string;
};

/** All that the hook can see: any change of it, and any change before it, changes the key. */
export function stepParts(inputs: StepInputs): KeyParts {
  const { previous, title, script, shared, texts } = inputs;
  const variables = Object.entries(inputs.environment).filter(([name]) => isSeen(name, texts));
  const isKnown = (name: string): boolean => texts.some((text) => canKnowOf(text, name));
  const exported = inputs.exports.filter(({ names }) => names.some(isKnown));
  return {
    previous,
    title,
    script,
    shared,
    ...prefixed('variable ', Object.fromEntries(variables)),
    ...prefixed('file ', Object.fromEntries(exported.map(({ path, digest }) => [path, digest]))),
    ...prefixed('tool ', inputs.tools),
    ...machineParts(inputs.machine, texts),
  };
}

function machineParts({ kernel, hostName }: Machine, texts: readonly Naming[]): KeyParts {
  const isAsked = (pattern: RegExp): boolean => texts.some(({ text }) => pattern.test(text));
  return {
    ...(isAsked(forKernel) ? { "the host's kernel": kernel } : {}),
    ...(isAsked(forHostName) ? { "the host's name": hostName } : {}),
  };
}

/** `uname -m` alone is about the architecture, which is in every key. */
const forKernel = /\buname\b(?!\s+-[mpi]+\b)|\/proc\/version|\bosrelease\b/;
const forHostName = /(^|[\s;|&(`])hostname(ctl)?($|[\s;|&)`])|\bHOSTNAME\b|\buname\s+-\w*[an]|gethostname/m;

const prefixed = (prefix: string, parts: Readonly<Record<string, string>>): KeyParts =>
  Object.fromEntries(Object.entries(parts).map(([name, value]) => [prefix + name, value]));
