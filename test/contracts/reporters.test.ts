// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { createReporter, reporters } from '../../lib/report/index.ts';
import type { ReporterStyle } from '../../lib/report/index.ts';
import { failedStory, finishedStory, recorded, screenAfter } from '../unit/report/build-story.ts';

const styles = Object.keys(reporters) as ReporterStyle[];

describe.each(styles)('the %s reporter', (style) => {
  test('tells a failure once, to whom it may concern', () => {
    const world = recorded();
    const reporter = createReporter({ ...world.options, style, environment: {} });
    for (const event of failedStory) reporter.event(event);
    reporter.close();
    const told = `${world.written()}${world.errors()}`.split(
      'install.d/60-cloud-init of element cloud-init failed',
    );
    expect(told).toHaveLength(2);
  });

  test('writes no secret', () => {
    const world = recorded({ failure: { logFile: null, resumeCommand: 'create --password mirror' } });
    const reporter = createReporter({
      ...world.options,
      style,
      environment: { X_TOKEN: 'mirror', Y_KEY: 'such' },
    });
    for (const event of [...failedStory, ...finishedStory]) reporter.event(event);
    reporter.close();
    expect(`${world.written()}${world.errors()}`).not.toMatch(/mirror|such/);
  });

  test('writes whole lines, or the picture it has drawn is gone when it closes', () => {
    const world = recorded();
    const reporter = createReporter({ ...world.options, style, environment: {} });
    for (const event of finishedStory.slice(0, 12)) reporter.event(event);
    reporter.close();
    expect(screenAfter(world.written()).at(-1)).toBe('');
    expect(world.errors()).toBe('');
  });

  test('keeps the same log file as every other, with timestamps', () => {
    const log = (ofStyle: ReporterStyle): string => {
      let text = '';
      const world = recorded({ timestamps: false });
      const logFile = (more: string): void => void (text += more);
      const reporter = createReporter({ ...world.options, style: ofStyle, logFile, environment: {} });
      for (const event of failedStory) reporter.event(event);
      return text;
    };
    expect(log(style)).toBe(log('none'));
    expect(log(style).split('\n')[0]).toBe('2026-01-02 03:04:05.000 | Building out: 3 steps, isolation root');
  });
});

test('json writes every event as it is, one a line', () => {
  const world = recorded();
  const reporter = createReporter({ ...world.options, style: 'json', environment: {} });
  for (const event of finishedStory) reporter.event(event);
  expect(
    world
      .written()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(finishedStory);
});

test('none is silent about a build that succeeds', () => {
  const world = recorded();
  const reporter = createReporter({ ...world.options, style: 'none', environment: {} });
  for (const event of finishedStory) reporter.event(event);
  expect(world.written() + world.errors()).toBe('');
});
