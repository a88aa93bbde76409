/** What the clusters of one product look like in a generated fleet. */
export interface ProductShape {
  readonly name: string;
  readonly workload: string;
  readonly container: string;
  readonly image: string;
  readonly versions: readonly string[];
  readonly current: string;
  readonly requires: readonly string[];
  /** Share of all clusters, in percent. */
  readonly share: number;
  readonly replicas: readonly number[];
  readonly config: readonly (readonly [string, readonly (string | number | boolean)[]])[];
}

/** The first four clusters are canaries, one of each product: no canary phase may be empty. */
export const PRODUCTS: readonly ProductShape[] = [
  {
    name: 'kafka',
    workload: 'StatefulSet',
    container: 'kafka',
    image: 'apache/kafka',
    versions: ['3.9.1', '4.0.1', '4.1.0', '4.1.1'],
    current: '4.0.1',
    requires: [],
    share: 60,
    replicas: [3, 3, 3, 4, 5, 6, 9],
    config: [
      ['log.retention.hours', [24, 72, 168, 336, 720]],
      ['num.io.threads', [8, 16, 32]],
      ['compression.type', ['producer', 'lz4', 'zstd']],
      ['message.max.bytes', [1_048_588, 4_194_304, 8_388_608]],
      ['log.segment.bytes', [268_435_456, 536_870_912, 1_073_741_824]],
    ],
  },
  {
    name: 'connect',
    workload: 'Deployment',
    container: 'connect',
    image: 'confluentinc/cp-kafka-connect',
    versions: ['7.9.2', '8.0.0', '8.0.2', '8.1.0'],
    current: '8.0.0',
    requires: ['kafka'],
    share: 20,
    replicas: [2, 3, 4],
    config: [
      ['offset.flush.interval.ms', [10_000, 30_000, 60_000]],
      ['producer.override.linger.ms', [5, 20, 100]],
      ['consumer.override.max.poll.records', [500, 1_000, 2_000]],
    ],
  },
  {
    name: 'ksqldb',
    workload: 'StatefulSet',
    container: 'ksqldb-server',
    image: 'confluentinc/cp-ksqldb-server',
    versions: ['7.9.2', '8.0.0', '8.0.2'],
    current: '8.0.0',
    requires: ['kafka', 'schema-registry'],
    share: 8,
    replicas: [2, 3, 4],
    config: [
      ['ksql.streams.num.stream.threads', [2, 4, 8]],
      ['ksql.streams.num.standby.replicas', [1, 2]],
      ['ksql.query.pull.metrics.enabled', [true, false]],
    ],
  },
  {
    name: 'schema-registry',
    workload: 'Deployment',
    container: 'schema-registry',
    image: 'confluentinc/cp-schema-registry',
    versions: ['7.9.2', '8.0.0', '8.0.2'],
    current: '8.0.0',
    requires: ['kafka'],
    share: 12,
    replicas: [2, 3],
    config: [
      ['schema.compatibility.level', ['BACKWARD', 'FULL', 'FULL_TRANSITIVE']],
      ['kafkastore.timeout.ms', [500, 5_000]],
    ],
  },
];

export const REGIONS: readonly (readonly [cloud: string, region: string])[] = [
  ...['eu-west-1', 'eu-central-1', 'us-east-1', 'us-east-2', 'us-west-2', 'ap-southeast-1', 'ap-northeast-1', 'sa-east-1'].map(
    (region) => ['aws', region] as const,
  ),
  ...['europe-west1', 'europe-west3', 'us-central1', 'us-east4', 'asia-southeast1', 'asia-northeast1'].map(
    (region) => ['gcp', region] as const,
  ),
  ...['westeurope', 'northeurope', 'eastus', 'westus2', 'southeastasia', 'japaneast'].map((region) => ['azure', region] as const),
];
