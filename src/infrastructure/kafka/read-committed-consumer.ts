import { Consumer, type FetchOptions } from '@platformatic/kafka';

// The library exports the method, but not the type of its response.
type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type Partition = FetchResponse['responses'][number]['partitions'][number];
type Batch = NonNullable<Partition['records']>[number];
type Options = FetchOptions<Buffer, Buffer, Buffer, Buffer>;
type Callback = (error: Error | null, response?: FetchResponse) => void;

/** Bits of a batch's attributes: https://kafka.apache.org/documentation/#recordbatch */
const IS_TRANSACTIONAL = 0b1_0000;
const IS_CONTROL = 0b10_0000;

/** The type of the control record that ends an aborted transaction; it follows the version, of two bytes. */
const ABORT = 0;
const CONTROL_TYPE_OFFSET = 2;

/** Receives a range of offsets without messages for the consumer: from `start` up to, but not including, `end`. */
export type OnSkipped = (partition: number, start: bigint, end: bigint) => void;

/**
 * A consumer of one topic that skips the messages of aborted transactions. The library itself skips only those whose abort marker
 * arrives in the same fetch. A response names the aborted transactions that overlap its fetch, so each response is sufficient to
 * recognize them; Kafka's Java client does the same (`CompletedFetch.nextFetchedRecord`).
 */
export class ReadCommittedConsumer extends Consumer {
  /** Is called for each range of offsets without messages, in the order of the partition. */
  onSkipped: OnSkipped = () => undefined;

  override fetch(options: Options): Promise<FetchResponse>;
  override fetch(options: Options, callback: Callback): void;
  override fetch(options: Options, callback?: Callback): Promise<FetchResponse> | void {
    if (!callback) return super.fetch(options).then((response) => this.withoutAborted(options, response));
    super.fetch(options, (error, response) => {
      callback(error, response && this.withoutAborted(options, response));
    });
  }

  private withoutAborted(options: Options, response: FetchResponse): FetchResponse {
    const starts = new Map(
      options.topics.flatMap(({ partitions }) =>
        partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset] as const),
      ),
    );
    for (const partition of response.responses.flatMap(({ partitions }) => partitions)) {
      const start = starts.get(partition.partitionIndex);
      if (start === undefined || !partition.records) continue;
      emptyAborted(partition.records, partition.abortedTransactions ?? []);
      this.reportSkipped(partition, start);
    }
    return response;
  }

  private reportSkipped({ partitionIndex, records }: Partition, start: bigint): void {
    let next = start;
    for (const batch of records!) {
      const end = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
      const last = isControl(batch) ? undefined : batch.records.at(-1);
      if (last) next = maxOf(next, batch.firstOffset + BigInt(last.offsetDelta) + 1n);
      if (end <= next) continue;
      this.onSkipped(partitionIndex, next, end);
      next = end;
    }
  }
}

/** Empties the batches of aborted transactions. The batches stay: the library derives the next fetch offset from them. */
function emptyAborted(
  batches: readonly Batch[],
  aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[],
): void {
  const pending = aborted.toSorted((one, other) => Number(one.firstOffset - other.firstOffset));
  const abortedProducers = new Set<bigint>();
  for (const batch of batches) {
    const end = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (pending[0] && pending[0].firstOffset <= end) abortedProducers.add(pending.shift()!.producerId);
    if (isAbort(batch)) abortedProducers.delete(batch.producerId);
    else if (
      !isControl(batch) &&
      batch.attributes & IS_TRANSACTIONAL &&
      abortedProducers.has(batch.producerId)
    )
      batch.records = [];
  }
}

function isControl({ attributes }: Batch): boolean {
  return (attributes & IS_CONTROL) !== 0;
}

function isAbort(batch: Batch): boolean {
  const key = batch.records[0]?.key;
  return isControl(batch) && key?.readInt16BE(CONTROL_TYPE_OFFSET) === ABORT;
}

function maxOf(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
