import {
  assetNumbersIn,
  comparedPartOf,
  MAX_COMPARED_LENGTH,
  rankSimilar,
  similarityOf,
} from '../../../src/domain/incident/similarity.js';

describe('the asset numbers in a text', () => {
  it.each([
    ['Самокат #42 не отвечает', ['42']],
    ['самокат 42', ['42']],
    ['Самокат №42, колесо.', ['42']],
    ['(42)', ['42']],
    ['042', ['042']],
    ['SC-1234 is offline', ['sc-1234']],
    ['sc1234 and СК-7', ['sc-1234', 'ск-7']],
    ['db-1: disk full', ['db-1']],
    ['#42 and 42 again', ['42']],
    ['tills 3, 4 and 5', ['3', '4', '5']],
  ])('of %j are %j', (text, numbers) => expect(assetNumbersIn(text)).toEqual(numbers));

  it.each([
    'since 10:30',
    'on 2026-11-20',
    'on 20.11.2026',
    '3.5 volts, 3,5 В',
    'battery at 15%',
    '10.0.0.1:8080',
    '1/2',
    '42a',
    'a_42',
    '#42-7',
    'an-unbelievably-long-name-1',
    '1234567890123',
    '',
  ])('are none in %j', (text) => expect(assetNumbersIn(text)).toEqual([]));

  it('are at most ten', () =>
    expect(assetNumbersIn(Array.from({ length: 50 }, (_, n) => n).join(' '))).toHaveLength(10));
});

describe('the similarity of two texts', () => {
  it.each([
    ['Scooter #42 is offline', 'scooter 42 does not answer', 0.4, 0.7, 'asset_number'],
    ['Scooter #42 is offline', 'Scooter #43 is offline', 0.8, 0.4, 'text'],
    ['Scooter #42 is offline', 'A scooter is offline', 0.6, 0.6, 'text'],
    ['The till is dead', 'The till is dead', 1, 1, 'text'],
    ['42', 'till 42', 0, 0.5, 'asset_number'],
  ] as const)('%j and %j, of %d, is %d by %s', (one, other, texts, similarity, matchedBy) => {
    expect(similarityOf(texts, one, other)).toEqual({ similarity, matchedBy });
    expect(similarityOf(texts, other, one)).toEqual({ similarity, matchedBy });
  });

  it('puts the most similar first, then the newest, and leaves out those that are not similar', () => {
    const candidate = (id: number, text: string, textSimilarity: number) => ({ id, text, textSimilarity });
    const ranked = rankSimilar('scooter 42 is offline', [
      candidate(1, 'a scooter', 0.5),
      candidate(2, 'scooter 43 is offline', 0.9),
      candidate(3, '42', 0.1),
      candidate(4, 'scooter 44 is late', 0.5),
      candidate(5, 'a scooter!', 0.5),
    ]);
    expect(ranked.map(({ id }) => id)).toEqual([3, 5, 1, 2]);
  });
});

it('compares the beginning of a long text, and cuts no character in two', () => {
  const part = comparedPartOf('🛴'.repeat(MAX_COMPARED_LENGTH + 1));
  expect(part).toBe('🛴'.repeat(MAX_COMPARED_LENGTH));
  expect(comparedPartOf('short')).toBe('short');
});
