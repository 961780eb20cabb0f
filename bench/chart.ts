import { comparedSide } from './goals.ts';
import { NAMES } from './load/requests.ts';
import { readable } from './progress.ts';
import type { Results } from './results.ts';

const WIDTH = 760;
const LEFT = 84;
const RIGHT = 170;
const TOP = 64;
const BAR = 18;
const GAP = 5;
const GROUP_HEAD = 26;
const GROUP_GAP = 18;

const GROUPS = ['create', 'get', 'list', 'change'] as const;
const SIDES = ['FastAPI', 'Go', 'ours, stock', 'ours', 'ceiling'] as const;

// Both of GitHub's themes show the picture on their own background.
const STYLE = `
    text { font: 13px -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .group { font-weight: 600; }
    .quiet { fill: #59636e; }
    .axis { stroke: #d1d9e0; }
    .FastAPI, .Go { fill: #afb8c1; }
    .ours { fill: #1f883d; }
    .ceiling { fill: #54aeff; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .quiet { fill: #9198a1; }
      .axis { stroke: #3d444d; }
      .FastAPI, .Go { fill: #656c76; }
      .ours { fill: #3fb950; }
      .ceiling { fill: #388bfd; }
    }`;

/** The rates of all sides as a picture: a group of bars for each operation, all to the same scale. */
export function chart(results: Results, rows: number): string {
  const compared = comparedSide(results);
  const sides = SIDES.filter((side) => results.rate(side, 'create') !== undefined);
  const highest = Math.max(
    ...GROUPS.flatMap((operation) => sides.map((side) => results.rate(side, operation) ?? 0)),
  );
  const scale = (WIDTH - LEFT - RIGHT) / highest;
  const groupHeight = GROUP_HEAD + sides.length * (BAR + GAP) + GROUP_GAP;
  const height = TOP + GROUPS.length * groupHeight;
  const groups = GROUPS.map((operation, at) => {
    const top = TOP + at * groupHeight;
    const reference = results.rate('FastAPI', operation);
    const bars = sides.map((side, bar) => {
      const rate = results.rate(side, operation) ?? 0;
      const y = top + GROUP_HEAD + bar * (BAR + GAP);
      const times = side === compared && reference ? ` · ${(rate / reference).toFixed(1)}× FastAPI` : '';
      return `  <text class="quiet" x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${side}</text>
  <rect class="${side.split(',')[0]}" x="${LEFT}" y="${y}" width="${Math.max(rate * scale, 1).toFixed(1)}" height="${BAR}" rx="2"/>
  <text x="${(LEFT + rate * scale + 8).toFixed(1)}" y="${y + 13}">${readable(Math.round(rate))}${times}</text>`;
    });
    return `  <text class="group" x="${LEFT}" y="${top + 16}">${NAMES[operation]}</text>\n${bars.join('\n')}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Requests a second">
  <style>${STYLE}
  </style>
  <text class="title" x="${LEFT}" y="24">Requests a second, ${readable(rows)} incidents</text>
  <text class="quiet" x="${LEFT}" y="44">${LEGEND.filter(([side]) => sides.includes(side))
    .map(([side, meaning]) => `${side}: ${meaning}`)
    .join(' · ')}</text>
  <line class="axis" x1="${LEFT}" y1="${TOP}" x2="${LEFT}" y2="${height - GROUP_GAP}"/>
${groups.join('\n')}
</svg>
`;
}

const LEGEND = [
  ['FastAPI', 'FastAPI, SQLAlchemy, asyncpg'],
  ['Go', 'net/http, pgx'],
  ['ours', 'this service'],
  ['ceiling', 'this service without a database (no-database ceiling)'],
] as const;
