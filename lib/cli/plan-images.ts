// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { DefinedImage } from '../definitions/image-list.ts';
import { readImageList } from '../definitions/image-list.ts';
import { outputFormats } from '../formats/index.ts';
import { chooseIsolation } from '../host/choose-isolation.ts';
import type { ChosenIsolation } from '../host/choose-isolation.ts';
import type { HostFacts } from '../host/gather-facts.ts';
import { realHost } from '../host/real-host.ts';
import type { BuildPlan } from '../model/plan.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import { shellWord } from '../report/describe-failure.ts';
import { createMask } from '../report/mask-secrets.ts';
import { planRequest, understand } from './build-image.ts';
import { checkHost } from './check-host.ts';
import type { CommandLine } from './make-request.ts';
import { readTextFile } from './read-text.ts';
import { devicesBecause, logPath } from './run-build.ts';
import type { Surroundings } from './surroundings.ts';

/** An image of a list, understood and planned. */
export type PlannedImage = {
  readonly image: DefinedImage;
  readonly commandLine: CommandLine;
  readonly plan: BuildPlan;
};

/** The images that files describe, all planned, or every problem of all of them. */
export async function planImages(
  files: readonly string[],
  surroundings: Surroundings,
  facts: HostFacts,
): Promise<Result<readonly PlannedImage[]>> {
  const images = readFiles(files, surroundings);
  if (!images.ok) return images;
  const planned = await Promise.all(images.value.map((image) => planImage(image, surroundings, facts)));
  const done = planned.flatMap(({ planned: each }) => (each === null ? [] : [each]));
  const problems = [...told(planned), ...sameFiles(done)];
  return problems.length > 0 ? failed(...problems) : success(done);
}

export type ReadyImage = PlannedImage & { readonly isolation: ChosenIsolation };

/** What of the images this machine can build, or what it lacks for any of them. */
export async function checkImages(
  images: readonly PlannedImage[],
  facts: HostFacts,
): Promise<Result<readonly ReadyImage[]>> {
  const checked = await Promise.all(
    images.map(async (each) => {
      const { plan, commandLine, image } = each;
      const lacks = await checkHost(plan, facts, logPath(commandLine));
      const wanted = { isolation: commandLine.values.isolation, devicesBecause: devicesBecause(plan) };
      const isolation = await chooseIsolation(wanted, realHost, facts);
      const problems = [...lacks, ...(isolation.ok ? [] : isolation.problems)];
      return { image, problems, ready: isolation.ok ? { ...each, isolation: isolation.value } : null };
    }),
  );
  const problems = told(checked);
  if (problems.length > 0) return failed(...problems);
  return success(checked.flatMap(({ ready }) => (ready === null ? [] : [ready])));
}

/** The command that builds this image alone, as a shell reads it, secrets masked. */
export function commandOf({ image }: PlannedImage): string {
  const mask = createMask(image.environment);
  const variables = Object.entries(image.environment).map(
    ([name, value]) => `${name}=${shellWord(mask.text(value))}`,
  );
  const words = image.words.map((word) => shellWord(mask.text(word)));
  return [...variables, image.program, ...words].join(' ');
}

function readFiles(
  files: readonly string[],
  { workingDirectory }: Surroundings,
): Result<readonly DefinedImage[]> {
  const texts = files.map((path) => ({ path, text: readTextFile(resolve(workingDirectory, path)) }));
  const problems = texts.flatMap(({ text }) => (text.ok ? [] : text.problems));
  const read = texts.flatMap(({ path, text }) => (text.ok ? [{ path, text: text.value }] : []));
  const images = readImageList(read, { outputTypes: Object.keys(outputFormats) });
  if (problems.length === 0) return images;
  return failed(...problems, ...(images.ok || read.length === 0 ? [] : images.problems));
}

type Planned = {
  readonly image: DefinedImage;
  readonly problems: readonly Problem[];
  readonly planned: PlannedImage | null;
};

async function planImage(
  image: DefinedImage,
  surroundings: Surroundings,
  facts: HostFacts,
): Promise<Planned> {
  const environment = { ...surroundings.environment, ...image.environment };
  const commandLine = understand({ ...surroundings, environment, argv: image.words }, facts, image.program);
  const plan = await planRequest(commandLine.request, facts);
  const problems = [...commandLine.problems, ...(plan.ok ? [] : plan.problems)];
  const isPlanned = plan.ok && problems.length === 0;
  return { image, problems, planned: isPlanned ? { image, commandLine, plan: plan.value } : null };
}

/** Problems with the image they are about; what is wrong with several, once. */
function told(
  images: readonly { readonly image: DefinedImage; readonly problems: readonly Problem[] }[],
): readonly Problem[] {
  const byText = new Map<string, { readonly problem: Problem; readonly images: DefinedImage[] }>();
  for (const { image, problems } of images) {
    for (const problem of problems) {
      const text = JSON.stringify(problem);
      const known = byText.get(text) ?? { problem, images: [] };
      known.images.push(image);
      byText.set(text, known);
    }
  }
  return [...byText.values()].map(({ problem, images: concerned }) => withImages(problem, concerned));
}

function withImages(problem: Problem, images: readonly DefinedImage[]): Problem {
  if (problem.location !== undefined) return problem;
  const names = images.map(({ name }) => name).join(', ');
  const message = `${images.length > 1 ? 'images' : 'image'} ${names}: ${problem.message}`;
  const [only, ...others] = images;
  return only === undefined || others.length > 0
    ? { ...problem, message }
    : { ...problem, message, location: only.location };
}

/** Two images would take turns in overwriting each other. */
function sameFiles(images: readonly PlannedImage[]): readonly Problem[] {
  const owners = new Map<string, DefinedImage>();
  return images.flatMap(({ image, plan }) =>
    plan.outputs.flatMap(({ file }) => {
      const owner = owners.get(file) ?? image;
      owners.set(file, owner);
      if (owner === image) return [];
      const message = `images ${owner.name} and ${image.name} would both write ${file}`;
      return [{ message, location: image.location, hints: ['give one of them another imagename'] }];
    }),
  );
}
