// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { drawPlot } from '../../bench/growth/plot.ts';

const series = (label: string, ...ys: readonly number[]) => ({ label, points: ys.map((y, x) => ({ x, y })) });
const panel = (...all: readonly ReturnType<typeof series>[]) => ({
  title: 'Panel',
  xLabel: 'GB of files',
  yLabel: 'seconds',
  series: all,
});

test('points lie where the axes say, with a mark each', () => {
  const svg = drawPlot({ title: 'Costs', panels: [panel(series('cold', 0, 5, 10))] });
  // x goes from 62 to 418 for 0 to 2, y from 322 to 110 for 0 to 10.
  expect(svg).toContain('<polyline class="line s0" points="62,322 240,216 418,110"/>');
  expect(svg).toContain('<circle cx="240" cy="216" r="4" class="m0"/>');
  expect(svg).toContain('<text x="54" y="114" text-anchor="end">10</text>');
  expect(svg).toContain('<text x="418" y="342" text-anchor="middle">2</text>');
  expect(svg).toContain('text-anchor="middle">GB of files</text>');
  expect(svg).toContain('text-anchor="middle">seconds</text>');
});

test('each series has a mark and a colour of its own, on dark pages too, and is in the legend', () => {
  const names = ['circle', 'rect', 'triangle', 'diamond'];
  const svg = drawPlot({
    title: 'Costs',
    panels: [panel(...names.map((name, index) => series(name, index, 1)))],
  });
  for (const [index, name] of names.entries()) {
    expect(svg).toContain(`>${name}</text>`);
    expect(svg).toContain(`class="line s${index}"`);
    expect(svg.split(`class="m${index}"`)).toHaveLength(4);
  }
  const [light = '', dark = ''] = svg.split('@media (prefers-color-scheme: dark)');
  for (const index of names.keys()) {
    expect(light).toContain(`.s${index} {`);
    expect(dark).toContain(`.s${index} {`);
  }
});

test('panels stand side by side, and text cannot break the picture', () => {
  const svg = drawPlot({ title: 'a < b & "c"', panels: [panel(series('x', 1)), panel(series('y', 1))] });
  expect(svg).toContain('viewBox="0 0 880 380"');
  expect(svg).toContain('<g transform="translate(440 0)">');
  expect(svg).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>');
});
