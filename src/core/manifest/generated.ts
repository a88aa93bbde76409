// Written by schemas/generate.ts from schemas/*.schema.json. Do not edit: change the schema and run `npm run generate`.

/**
 * Any document of a manifest repository.
 */
export type Manifest = Cluster | Fleet | Freeze | Operation | Product | Release | Strategy | Window;
/**
 * Lower-case letters, digits and dashes, at most 63: it becomes part of object names.
 */
export type Name = string;
/**
 * A Kubernetes label value.
 */
export type LabelValue = string;
/**
 * A version, always in quotes: unquoted 3.10 is the number 3.1.
 */
export type Version = string;
/**
 * Why; a person reads it later.
 */
export type Reason = string;
/**
 * A date and time with a zone: 2026-12-24T18:00:00Z.
 */
export type Instant = string;
/**
 * How many at once, or how large: a number from 1, or a percentage from 1% to 100%. Percentages round down, to at least 1. 0 is no value: ask for an approval instead.
 */
export type Capacity = number | string;
/**
 * The name of an environment variable of the bot that holds the value, never the value itself. It must begin with `FLOTILLA_`, as in `FLOTILLA_KAFKA_EU_URL`: no other variable can be named, so that a manifest cannot have the bot give its own secrets away.
 */
export type EnvName = string;
/**
 * The slug of a team.
 */
export type Team = string;
/**
 * A login.
 */
export type User = string;
/**
 * A Kubernetes label key, with an optional prefix.
 */
export type LabelKey = string;
/**
 * A duration: 90s, 10m, 1h30m, 2d.
 */
export type Duration = string;
/**
 * A cron expression of five fields (minute hour day month weekday), or six with seconds first.
 */
export type Cron = string;
/**
 * An IANA time zone: Europe/Berlin.
 */
export type TimeZone = string;
/**
 * Which changes it concerns: every change, minor and major versions, or major versions only. Default all.
 */
export type Scope = 'all' | 'minor' | 'major';
/**
 * An image digest, so that a moved tag changes nothing.
 */
export type ImageDigest = string;
/**
 * How many may go wrong: a number from 0, or a percentage from 0% to 100%. Percentages round down.
 */
export type Budget = number | string;

/**
 * One instance of a product; the unit that is upgraded.
 */
export interface Cluster {
  apiVersion: 'flotilla.dev/v1';
  kind: 'Cluster';
  metadata: Metadata;
  /**
   * What the Cluster says.
   */
  spec: {
    product: Name;
    dataPlane: Name;
    /**
     * How many brokers, or workers.
     */
    replicas: number;
    /**
     * The object on the data plane. Default: named as the cluster, in the namespace of the product.
     */
    workload?: {
      namespace?: Name;
      name?: Name;
    };
    config?: Config;
    featureFlags?: FeatureFlags;
    /**
     * Keeps the cluster at a version. Time alone moves no cluster: past its expiry, the pin is reported and holds until it is removed.
     */
    pin?: {
      version: Version;
      reason: Reason;
      expires: Instant;
    };
    /**
     * The cluster takes part in no rollout.
     */
    optOut?: {
      reason: Reason;
      expires?: Instant;
    };
  };
}
/**
 * Who this document is.
 */
export interface Metadata {
  name: Name;
  labels?: Labels;
  /**
   * Notes for people and tools; Flotilla does not read them.
   */
  annotations?: {
    [k: string]: string;
  };
}
/**
 * Labels to select by.
 */
export interface Labels {
  [k: string]: LabelValue;
}
/**
 * Settings of the product, by name.
 */
export interface Config {
  [k: string]: string | number | boolean;
}
/**
 * Feature flags, by name.
 */
export interface FeatureFlags {
  [k: string]: boolean;
}
/**
 * The one document about the fleet as a whole.
 */
export interface Fleet {
  apiVersion: 'flotilla.dev/v1';
  kind: 'Fleet';
  metadata: Metadata;
  /**
   * What the Fleet says.
   */
  spec: {
    /**
     * What this fleet is.
     */
    description?: string;
    defaultStrategy: Name;
    maxConcurrent?: Capacity;
    /**
     * Where clusters run and how they are reached.
     *
     * @minItems 1
     * @maxItems 1000
     *
     * Items: One data plane.
     */
    dataPlanes: {
      name: Name;
      /**
       * How it is reached.
       */
      kind: 'simulated' | 'kubernetes' | 'kafka';
      urlFromEnv?: EnvName;
      /**
       * The context of the kubeconfig.
       */
      context?: string;
      maxConcurrent?: Capacity;
    }[];
    /**
     * Who may command what. Without this list, people with write access may pause and stop, and maintainers may do the rest; a phase that names its approvers is approved by those alone.
     *
     * @maxItems 100
     *
     * Items: One rule. It names teams or users, or both.
     */
    commands?: {
      /**
       * The commands.
       *
       * @minItems 1
       */
      verbs: (
        | 'pause'
        | 'resume'
        | 'abort'
        | 'retry'
        | 'skip'
        | 'expedite'
        | 'approve'
        | 'rollback'
        | 'accept'
        | 'snooze'
        | 'stop'
        | 'lift'
        | 'reconcile'
        | 'waive'
        | 'take-over'
      )[];
      /**
       * Teams whose members may.
       */
      teams?: Team[];
      /**
       * Logins that may.
       */
      users?: User[];
      /**
       * Only for these phases.
       */
      phases?: Name[];
      select?: Selector;
    }[];
    /**
     * Who must agree before a merge takes protection away from clusters: a rule that is removed or loosened, or a right that is given. The rules of the default branch count, never those of the pull request. Without names, those who may approve for each of these clusters; where that is nobody, maintainers and admins of the repository.
     */
    ruleChanges?: {
      /**
       * Teams whose members may agree.
       *
       * @maxItems 50
       */
      teams?: Team[];
      /**
       * Logins that may agree.
       *
       * @maxItems 100
       */
      users?: User[];
      /**
       * How many people. Default: as many as a phase on the way of these clusters asks for, at least 1.
       */
      count?: number;
      /**
       * Nobody who has a part in the change may agree to it: author, committers and pushers. Default true. Whoever works alone sets it to false.
       */
      notAuthor?: boolean;
      validFor?: Duration;
      /**
       * An approving review of the newest commit counts as well. Default false: people agree by `/fleet approve DIGEST`, or by the button of the check.
       */
      reviews?: boolean;
    };
    /**
     * Channels to tell.
     *
     * @maxItems 50
     *
     * Items: One channel.
     */
    notifications?: {
      name: Name;
      /**
       * What it is.
       */
      kind: 'slack' | 'webhook';
      urlFromEnv: EnvName;
      /**
       * Which moments.
       */
      on?: ('paused' | 'failed' | 'approval' | 'completed' | 'drift')[];
    }[];
    /**
     * What to do about differences outside rollouts.
     */
    drift?: {
      interval?: Duration;
      /**
       * report: an issue. heal: order the desired spec again. Default report.
       */
      action?: 'report' | 'heal';
      /**
       * Most open drift issues; above it, one issue for each group. Default 10.
       */
      maxIssues?: number;
    };
    /**
     * Monitoring to listen to.
     *
     * @maxItems 50
     *
     * Items: One source.
     */
    signals?: {
      name: Name;
      /**
       * What it is.
       */
      kind: 'alertmanager' | 'prometheus' | 'kafka';
      urlFromEnv?: EnvName;
    }[];
    /**
     * When the loop runs by itself, besides being woken by events.
     */
    schedule?: {
      tick?: Cron;
      sweep?: Cron;
    };
    /**
     * Globs of YAML files under the manifest root that are not manifests.
     *
     * @maxItems 100
     *
     * Items: A glob, from the manifest root: `docs/**`.
     */
    ignore?: string[];
  };
}
/**
 * Clusters by their labels, as Kubernetes selects. All terms must hold; an empty selector selects every cluster.
 */
export interface Selector {
  matchLabels?: Labels;
  /**
   * Terms, all of which must hold.
   *
   * @maxItems 32
   */
  matchExpressions?: LabelTerm[];
}
/**
 * One term of a selector.
 */
export interface LabelTerm {
  key: LabelKey;
  /**
   * In and NotIn need values; Exists and DoesNotExist take none. NotIn also holds where the label is missing.
   */
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /**
   * Values to compare with.
   *
   * @minItems 1
   * @maxItems 256
   */
  values?: LabelValue[];
}
/**
 * When clusters must not be touched. An active freeze beats an active window.
 */
export interface Freeze {
  apiVersion: 'flotilla.dev/v1';
  kind: 'Freeze';
  metadata: Metadata;
  /**
   * What the Freeze says.
   */
  spec: {
    select?: Selector;
    /**
     * Of which products. Default: every product.
     *
     * @minItems 1
     * @maxItems 100
     */
    products?: Name[];
    from?: Instant;
    to?: Instant;
    schedule?: Schedule;
    scope?: Scope;
    /**
     * May a rollback go during the freeze? Default true.
     */
    allowRollback?: boolean;
    /**
     * May an expedited rollout go during the freeze? Default false.
     */
    allowExpedite?: boolean;
    /**
     * What happens to a cluster in flight when the freeze begins. Default finish.
     */
    overrun?: 'finish' | 'hold';
    reason: Reason;
  };
}
/**
 * When it opens, and for how long.
 */
export interface Schedule {
  cron?: Cron;
  /**
   * When it opens, as an RFC 5545 recurrence rule without DTSTART: FREQ=WEEKLY;BYDAY=TU;BYHOUR=2;BYMINUTE=0.
   */
  rrule?: string;
  duration: Duration;
  timeZone?: TimeZone;
}
/**
 * A one-shot on a selection of clusters. To run it again, give it a new name.
 */
export interface Operation {
  apiVersion: 'flotilla.dev/v1';
  kind: 'Operation';
  metadata: Metadata;
  /**
   * What the Operation says.
   */
  spec: {
    /**
     * What to do.
     */
    action: 'rolling-restart' | 'rebalance' | 'config-reload';
    product: Name;
    select: Selector;
    strategy?: Name;
    reason: Reason;
  };
}
/**
 * A kind of software that is rolled out.
 */
export interface Product {
  apiVersion: 'flotilla.dev/v1';
  kind: 'Product';
  metadata: Metadata;
  /**
   * What the Product says.
   */
  spec: {
    /**
     * What this product is.
     */
    description?: string;
    /**
     * How it is applied.
     */
    workload: {
      /**
       * Kind of the workload object.
       */
      kind:
        | 'StatefulSet'
        | 'Deployment'
        | 'Strimzi.Kafka'
        | 'Strimzi.KafkaConnect'
        | 'CFK.Kafka'
        | 'CFK.Connect'
        | 'CFK.KsqlDB'
        | 'CFK.SchemaRegistry'
        | 'Custom';
      /**
       * Container whose image is the version.
       */
      container?: string;
      /**
       * ConfigMap in the namespace of the workload that holds the settings, a key for each; `{name}` stands for the name of the workload. Without it, settings reach no pod.
       */
      configMap?: string;
      /**
       * Field of the object that holds the version.
       */
      field?: string;
    };
    /**
     * Versions that may be desired.
     *
     * @minItems 1
     * @maxItems 500
     *
     * Items: One version.
     */
    versions: {
      version: Version;
      /**
       * The image that it is.
       */
      image?: string;
      /**
       * Versions it may be reached from, besides those that the general rule allows.
       *
       * @maxItems 50
       */
      from?: Version[];
      /**
       * Metadata version to raise to, as a second step after the soak.
       */
      metadataVersion?: string;
      /**
       * No longer to be rolled out; the reason.
       */
      withdrawn?: string;
    }[];
    /**
     * Which jumps are legal.
     */
    upgrades?: {
      /**
       * May a minor version be skipped? Default false.
       */
      skipMinors?: boolean;
      /**
       * How far back a rollback may go: nowhere, to an earlier patch, to an earlier minor. Default minor.
       */
      downgrade?: 'none' | 'patch' | 'minor';
      minimumInterval?: Duration;
    };
    /**
     * Products that go first where both change.
     *
     * @maxItems 20
     */
    requires?: Name[];
    /**
     * Alerts that halt a rollout.
     *
     * @maxItems 50
     *
     * Items: Alert name.
     */
    criticalAlerts?: string[];
    /**
     * Questions asked of monitoring.
     *
     * @maxItems 50
     *
     * Items: One check.
     */
    healthChecks?: {
      name: Name;
      /**
       * A Prometheus query that has a result when the cluster is unhealthy.
       */
      query: string;
      after?: Duration;
    }[];
    /**
     * How long one cluster may take before it counts as failed.
     */
    deadline?: {
      base?: Duration;
      perReplica?: Duration;
    };
    config?: Config;
  };
}
/**
 * The desired version and configuration of a product for a selection of clusters. Editing one line here is a rollout.
 */
export interface Release {
  apiVersion: 'flotilla.dev/v1';
  kind: 'Release';
  metadata: Metadata;
  /**
   * What the Release says.
   */
  spec: {
    product: Name;
    version: Version;
    imageDigest?: ImageDigest;
    config?: Config;
    featureFlags?: FeatureFlags;
    select: Selector;
    strategy?: Name;
    /**
     * How urgent it is. Default routine.
     */
    urgency?: 'routine' | 'hotfix' | 'security';
    /**
     * Clusters of the selection that run something else for a while.
     *
     * @maxItems 100
     *
     * Items: One exception.
     */
    exceptions?: {
      /**
       * Names of the clusters.
       *
       * @minItems 1
       * @maxItems 1000
       */
      clusters: Name[];
      version: Version;
      reason: Reason;
      expires: Instant;
    }[];
    /**
     * Lets a new version go on although no cluster of a canary phase can try it, because all are pinned or opted out.
     */
    canaryWaiver?: {
      reason: Reason;
      expires: Instant;
    };
  };
}
/**
 * How a change travels through the clusters of a release.
 */
export interface Strategy {
  apiVersion: 'flotilla.dev/v1';
  kind: 'Strategy';
  metadata: Metadata;
  /**
   * What the Strategy says.
   */
  spec: {
    /**
     * When to use it.
     */
    description?: string;
    /**
     * In this order. Every cluster of the release must be in exactly one.
     *
     * @minItems 1
     * @maxItems 50
     *
     * Items: One phase. Its members: select by labels, draw a cohort, or take the rest.
     */
    phases: {
      name: Name;
      select?: Selector;
      /**
       * Members drawn by a hash of seed and cluster name, from those that no phase selects by labels.
       */
      cohort?: {
        size: Capacity;
        stratifyBy?: LabelKey;
        /**
         * Another seed draws other clusters. Default: the name of the release, so the same clusters go first each time.
         */
        seed?: string;
      };
      /**
       * Takes every cluster that no other phase has, wherever it stands. Cohorts need such a phase, because percentages round down.
       */
      rest?: true;
      /**
       * An empty canary phase is an error; another empty phase is skipped. Default false.
       */
      canary?: boolean;
      maxConcurrent: Capacity;
      soak: Duration;
      bake?: Duration;
      approval?: Approval;
      budgets?: Budgets;
      maxDuration?: Duration;
      /**
       * Order inside the phase. Default: by hash.
       */
      order?: {
        /**
         * By hash of the name, or by the value of a label.
         */
        by: 'hash' | 'label';
        label?: LabelKey;
        /**
         * From the last value to the first. Default false.
         */
        descending?: boolean;
      };
      /**
       * What to do when the failure budget is spent. Default pause.
       */
      onFailure?: 'pause' | 'rollback';
    }[];
    maxConcurrent?: Capacity;
    budgets?: Budgets;
    /**
     * What is different in a phase whose clusters all go back to what they ran before.
     */
    rollback?: {
      maxConcurrent?: Capacity;
      soak?: Duration;
      bake?: Duration;
    };
    guard?: Duration;
    /**
     * Clusters that an earlier rollout left broken or half-way go before their turn.
     */
    rescue?: {
      maxConcurrent?: Capacity;
    };
  };
}
/**
 * People who must agree.
 */
export interface Approval {
  /**
   * Before the phase starts, or after it has baked.
   */
  when: 'before' | 'after';
  /**
   * How many people.
   */
  count: number;
  /**
   * Team slugs whose members may approve.
   *
   * @maxItems 50
   */
  teams?: Team[];
  /**
   * Logins that may approve.
   *
   * @maxItems 100
   */
  users?: User[];
  validFor?: Duration;
  /**
   * Nobody who has a part in the change may approve it: author, committers and pushers; nor anybody while it cannot be told who these are. Default true.
   */
  notAuthor?: boolean;
}
/**
 * How much may go wrong before the rollout pauses. Counted apart, so that one dead cluster never blocks the fleet.
 */
export interface Budgets {
  failed?: Budget;
  unreachable?: Budget;
  deferred?: Budget;
}
/**
 * When clusters may be touched. A cluster that no window concerns may be touched at any time.
 */
export interface Window {
  apiVersion: 'flotilla.dev/v1';
  kind: 'Window';
  metadata: Metadata;
  /**
   * What the Window says.
   */
  spec: {
    select?: Selector;
    /**
     * Of which products. Default: every product.
     *
     * @minItems 1
     * @maxItems 100
     */
    products?: Name[];
    schedule: Schedule;
    scope?: Scope;
    /**
     * May a rollback go outside the window? Default true.
     */
    allowRollback?: boolean;
    /**
     * May an expedited rollout go outside the window? Default true.
     */
    allowExpedite?: boolean;
    /**
     * What happens to a cluster in flight when the window closes. Default finish.
     */
    overrun?: 'finish' | 'hold';
    reason: Reason;
  };
}

/** The schemas by file name, for the validator. */
export const SCHEMAS: readonly object[] = [
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "common.schema.json",
    "title": "Common",
    "description": "Parts that several kinds share.",
    "$defs": {
      "name": {
        "description": "Lower-case letters, digits and dashes, at most 63: it becomes part of object names.",
        "type": "string",
        "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
      },
      "labelValue": {
        "description": "A Kubernetes label value.",
        "type": "string",
        "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"
      },
      "labelKey": {
        "description": "A Kubernetes label key, with an optional prefix.",
        "type": "string",
        "pattern": "^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
      },
      "labels": {
        "description": "Labels to select by.",
        "type": "object",
        "maxProperties": 64,
        "propertyNames": {
          "$ref": "#/$defs/labelKey"
        },
        "additionalProperties": {
          "$ref": "#/$defs/labelValue"
        }
      },
      "metadata": {
        "description": "Who this document is.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "name"
        ],
        "properties": {
          "name": {
            "description": "Unique among the documents of its kind. Lower-case letters, digits and dashes, at most 63.",
            "$ref": "#/$defs/name"
          },
          "labels": {
            "description": "Labels, by which selectors find a cluster.",
            "$ref": "#/$defs/labels"
          },
          "annotations": {
            "description": "Notes for people and tools; Flotilla does not read them.",
            "type": "object",
            "maxProperties": 64,
            "additionalProperties": {
              "type": "string",
              "maxLength": 4096
            }
          }
        }
      },
      "version": {
        "description": "A version, always in quotes: unquoted 3.10 is the number 3.1.",
        "type": "string",
        "pattern": "^[0-9]{1,6}\\.[0-9]{1,6}(\\.[0-9]{1,6}){0,2}(-[A-Za-z0-9]{1,40})?$"
      },
      "duration": {
        "description": "A duration: 90s, 10m, 1h30m, 2d.",
        "type": "string",
        "pattern": "^([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$",
        "minLength": 2
      },
      "capacity": {
        "description": "How many at once, or how large: a number from 1, or a percentage from 1% to 100%. Percentages round down, to at least 1. 0 is no value: ask for an approval instead.",
        "oneOf": [
          {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000000
          },
          {
            "type": "string",
            "pattern": "^([1-9][0-9]?|100)%$"
          }
        ]
      },
      "budget": {
        "description": "How many may go wrong: a number from 0, or a percentage from 0% to 100%. Percentages round down.",
        "oneOf": [
          {
            "type": "integer",
            "minimum": 0,
            "maximum": 1000000
          },
          {
            "type": "string",
            "pattern": "^([0-9]|[1-9][0-9]|100)%$"
          }
        ]
      },
      "instant": {
        "description": "A date and time with a zone: 2026-12-24T18:00:00Z.",
        "type": "string",
        "format": "date-time"
      },
      "timeZone": {
        "description": "An IANA time zone: Europe/Berlin.",
        "type": "string",
        "pattern": "^[A-Za-z0-9_+/-]{1,64}$"
      },
      "envName": {
        "description": "The name of an environment variable of the bot that holds the value, never the value itself. It must begin with `FLOTILLA_`, as in `FLOTILLA_KAFKA_EU_URL`: no other variable can be named, so that a manifest cannot have the bot give its own secrets away.",
        "type": "string",
        "pattern": "^FLOTILLA_(?!API_TOKEN(S|S_FILE)?$)[A-Z0-9_]{1,119}$"
      },
      "cron": {
        "description": "A cron expression of five fields (minute hour day month weekday), or six with seconds first.",
        "type": "string",
        "maxLength": 120,
        "pattern": "^[0-9A-Za-z*/,#?L -]+$"
      },
      "imageDigest": {
        "description": "An image digest, so that a moved tag changes nothing.",
        "type": "string",
        "pattern": "^sha256:[0-9a-f]{64}$"
      },
      "config": {
        "description": "Settings of the product, by name.",
        "type": "object",
        "maxProperties": 500,
        "propertyNames": {
          "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$"
        },
        "additionalProperties": {
          "type": [
            "string",
            "number",
            "boolean"
          ],
          "maxLength": 8192
        }
      },
      "featureFlags": {
        "description": "Feature flags, by name.",
        "type": "object",
        "maxProperties": 200,
        "propertyNames": {
          "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$"
        },
        "additionalProperties": {
          "type": "boolean"
        }
      },
      "reason": {
        "description": "Why; a person reads it later.",
        "type": "string",
        "minLength": 3,
        "maxLength": 1000
      },
      "selector": {
        "description": "Clusters by their labels, as Kubernetes selects. All terms must hold; an empty selector selects every cluster.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "matchLabels": {
            "description": "Labels that must have exactly these values.",
            "$ref": "#/$defs/labels"
          },
          "matchExpressions": {
            "description": "Terms, all of which must hold.",
            "type": "array",
            "items": {
              "$ref": "#/$defs/labelTerm"
            },
            "maxItems": 32
          }
        }
      },
      "labelTerm": {
        "description": "One term of a selector.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "key",
          "operator"
        ],
        "properties": {
          "key": {
            "description": "The label.",
            "$ref": "#/$defs/labelKey"
          },
          "operator": {
            "description": "In and NotIn need values; Exists and DoesNotExist take none. NotIn also holds where the label is missing.",
            "enum": [
              "In",
              "NotIn",
              "Exists",
              "DoesNotExist"
            ]
          },
          "values": {
            "description": "Values to compare with.",
            "type": "array",
            "items": {
              "$ref": "#/$defs/labelValue"
            },
            "minItems": 1,
            "maxItems": 256
          }
        }
      },
      "approval": {
        "description": "People who must agree.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "count",
          "when"
        ],
        "properties": {
          "when": {
            "description": "Before the phase starts, or after it has baked.",
            "enum": [
              "before",
              "after"
            ]
          },
          "count": {
            "description": "How many people.",
            "type": "integer",
            "minimum": 1,
            "maximum": 10
          },
          "teams": {
            "description": "Team slugs whose members may approve.",
            "type": "array",
            "items": {
              "$ref": "#/$defs/team"
            },
            "maxItems": 50
          },
          "users": {
            "description": "Logins that may approve.",
            "type": "array",
            "items": {
              "$ref": "#/$defs/user"
            },
            "maxItems": 100
          },
          "validFor": {
            "description": "How long one approval counts; it must still count when the last one comes. Default: as long as the plan is the same.",
            "$ref": "#/$defs/duration"
          },
          "notAuthor": {
            "description": "Nobody who has a part in the change may approve it: author, committers and pushers; nor anybody while it cannot be told who these are. Default true.",
            "type": "boolean"
          }
        }
      },
      "budgets": {
        "description": "How much may go wrong before the rollout pauses. Counted apart, so that one dead cluster never blocks the fleet.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "failed": {
            "description": "Clusters that definitely failed.",
            "$ref": "#/$defs/budget"
          },
          "unreachable": {
            "description": "Clusters of which nothing can be told.",
            "$ref": "#/$defs/budget"
          },
          "deferred": {
            "description": "Clusters that were put off.",
            "$ref": "#/$defs/budget"
          }
        }
      },
      "schedule": {
        "description": "When it opens, and for how long.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "duration"
        ],
        "oneOf": [
          {
            "required": [
              "cron"
            ]
          },
          {
            "required": [
              "rrule"
            ]
          }
        ],
        "properties": {
          "cron": {
            "description": "When it opens, in the time zone: minute hour day month weekday.",
            "$ref": "#/$defs/cron"
          },
          "rrule": {
            "description": "When it opens, as an RFC 5545 recurrence rule without DTSTART: FREQ=WEEKLY;BYDAY=TU;BYHOUR=2;BYMINUTE=0.",
            "type": "string",
            "maxLength": 300,
            "pattern": "^FREQ=[A-Z0-9=;,+-]+$"
          },
          "duration": {
            "description": "How long it stays open. Elapsed time, also in the night in which the clocks change.",
            "$ref": "#/$defs/duration"
          },
          "timeZone": {
            "description": "An IANA time zone. Default UTC.",
            "$ref": "#/$defs/timeZone"
          }
        }
      },
      "scope": {
        "description": "Which changes it concerns: every change, minor and major versions, or major versions only. Default all.",
        "enum": [
          "all",
          "minor",
          "major"
        ]
      },
      "team": {
        "description": "The slug of a team.",
        "type": "string",
        "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
      },
      "user": {
        "description": "A login.",
        "type": "string",
        "pattern": "^[A-Za-z0-9][A-Za-z0-9-]{0,38}$"
      }
    }
  },
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "cluster.schema.json",
    "title": "Cluster",
    "description": "One instance of a product; the unit that is upgraded.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "const": "flotilla.dev/v1"
      },
      "kind": {
        "const": "Cluster"
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/metadata"
      },
      "spec": {
        "description": "What the Cluster says.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "product",
          "dataPlane",
          "replicas"
        ],
        "properties": {
          "product": {
            "description": "The Product that it is an instance of.",
            "$ref": "common.schema.json#/$defs/name"
          },
          "dataPlane": {
            "description": "The data plane of the Fleet on which it runs.",
            "$ref": "common.schema.json#/$defs/name"
          },
          "replicas": {
            "description": "How many brokers, or workers.",
            "type": "integer",
            "minimum": 1,
            "maximum": 1000
          },
          "workload": {
            "description": "The object on the data plane. Default: named as the cluster, in the namespace of the product.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "namespace": {
                "description": "Its namespace.",
                "$ref": "common.schema.json#/$defs/name"
              },
              "name": {
                "description": "Its name.",
                "$ref": "common.schema.json#/$defs/name"
              }
            }
          },
          "config": {
            "description": "Settings of this cluster alone, above those of the release.",
            "$ref": "common.schema.json#/$defs/config"
          },
          "featureFlags": {
            "description": "Feature flags of this cluster alone, above those of the release.",
            "$ref": "common.schema.json#/$defs/featureFlags"
          },
          "pin": {
            "description": "Keeps the cluster at a version. Time alone moves no cluster: past its expiry, the pin is reported and holds until it is removed.",
            "type": "object",
            "additionalProperties": false,
            "required": [
              "version",
              "reason",
              "expires"
            ],
            "properties": {
              "version": {
                "description": "The version, in quotes.",
                "$ref": "common.schema.json#/$defs/version"
              },
              "reason": {
                "$ref": "common.schema.json#/$defs/reason"
              },
              "expires": {
                "description": "When somebody should look at it again.",
                "$ref": "common.schema.json#/$defs/instant"
              }
            }
          },
          "optOut": {
            "description": "The cluster takes part in no rollout.",
            "type": "object",
            "additionalProperties": false,
            "required": [
              "reason"
            ],
            "properties": {
              "reason": {
                "$ref": "common.schema.json#/$defs/reason"
              },
              "expires": {
                "description": "When somebody should look at it again.",
                "$ref": "common.schema.json#/$defs/instant"
              }
            }
          }
        }
      }
    }
  },
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "fleet.schema.json",
    "title": "Fleet",
    "description": "The one document about the fleet as a whole.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "const": "flotilla.dev/v1"
      },
      "kind": {
        "const": "Fleet"
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/metadata"
      },
      "spec": {
        "description": "What the Fleet says.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "defaultStrategy",
          "dataPlanes"
        ],
        "properties": {
          "description": {
            "description": "What this fleet is.",
            "type": "string",
            "minLength": 1,
            "maxLength": 1000
          },
          "defaultStrategy": {
            "description": "The Strategy of every release that names none.",
            "$ref": "common.schema.json#/$defs/name"
          },
          "maxConcurrent": {
            "description": "Most clusters in flight in the whole fleet, over all rollouts. Default 50.",
            "$ref": "common.schema.json#/$defs/capacity"
          },
          "dataPlanes": {
            "description": "Where clusters run and how they are reached.",
            "type": "array",
            "items": {
              "description": "One data plane.",
              "type": "object",
              "additionalProperties": false,
              "required": [
                "name",
                "kind"
              ],
              "properties": {
                "name": {
                  "description": "What clusters call it.",
                  "$ref": "common.schema.json#/$defs/name"
                },
                "kind": {
                  "description": "How it is reached.",
                  "enum": [
                    "simulated",
                    "kubernetes",
                    "kafka"
                  ]
                },
                "urlFromEnv": {
                  "description": "The environment variable that holds its address; never the address itself.",
                  "$ref": "common.schema.json#/$defs/envName"
                },
                "context": {
                  "description": "The context of the kubeconfig.",
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 1000
                },
                "maxConcurrent": {
                  "description": "Most clusters in flight on this data plane.",
                  "$ref": "common.schema.json#/$defs/capacity"
                }
              }
            },
            "minItems": 1,
            "maxItems": 1000
          },
          "commands": {
            "description": "Who may command what. Without this list, people with write access may pause and stop, and maintainers may do the rest; a phase that names its approvers is approved by those alone.",
            "type": "array",
            "items": {
              "description": "One rule. It names teams or users, or both.",
              "type": "object",
              "additionalProperties": false,
              "required": [
                "verbs"
              ],
              "properties": {
                "verbs": {
                  "description": "The commands.",
                  "type": "array",
                  "items": {
                    "enum": [
                      "pause",
                      "resume",
                      "abort",
                      "retry",
                      "skip",
                      "expedite",
                      "approve",
                      "rollback",
                      "accept",
                      "snooze",
                      "stop",
                      "lift",
                      "reconcile",
                      "waive",
                      "take-over"
                    ]
                  },
                  "minItems": 1,
                  "uniqueItems": true
                },
                "teams": {
                  "description": "Teams whose members may.",
                  "type": "array",
                  "items": {
                    "$ref": "common.schema.json#/$defs/team"
                  }
                },
                "users": {
                  "description": "Logins that may.",
                  "type": "array",
                  "items": {
                    "$ref": "common.schema.json#/$defs/user"
                  }
                },
                "phases": {
                  "description": "Only for these phases.",
                  "type": "array",
                  "items": {
                    "$ref": "common.schema.json#/$defs/name"
                  }
                },
                "select": {
                  "description": "Only for these clusters.",
                  "$ref": "common.schema.json#/$defs/selector"
                }
              }
            },
            "maxItems": 100
          },
          "ruleChanges": {
            "description": "Who must agree before a merge takes protection away from clusters: a rule that is removed or loosened, or a right that is given. The rules of the default branch count, never those of the pull request. Without names, those who may approve for each of these clusters; where that is nobody, maintainers and admins of the repository.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "teams": {
                "description": "Teams whose members may agree.",
                "type": "array",
                "items": {
                  "$ref": "common.schema.json#/$defs/team"
                },
                "maxItems": 50
              },
              "users": {
                "description": "Logins that may agree.",
                "type": "array",
                "items": {
                  "$ref": "common.schema.json#/$defs/user"
                },
                "maxItems": 100
              },
              "count": {
                "description": "How many people. Default: as many as a phase on the way of these clusters asks for, at least 1.",
                "type": "integer",
                "minimum": 1,
                "maximum": 10
              },
              "notAuthor": {
                "description": "Nobody who has a part in the change may agree to it: author, committers and pushers. Default true. Whoever works alone sets it to false.",
                "type": "boolean"
              },
              "validFor": {
                "description": "How long one approval counts: a merge that comes later needs another. Default: as long as the change of rules is the same.",
                "$ref": "common.schema.json#/$defs/duration"
              },
              "reviews": {
                "description": "An approving review of the newest commit counts as well. Default false: people agree by `/fleet approve DIGEST`, or by the button of the check.",
                "type": "boolean"
              }
            }
          },
          "notifications": {
            "description": "Channels to tell.",
            "type": "array",
            "items": {
              "description": "One channel.",
              "type": "object",
              "additionalProperties": false,
              "required": [
                "name",
                "kind",
                "urlFromEnv"
              ],
              "properties": {
                "name": {
                  "description": "A name for messages about it.",
                  "$ref": "common.schema.json#/$defs/name"
                },
                "kind": {
                  "description": "What it is.",
                  "enum": [
                    "slack",
                    "webhook"
                  ]
                },
                "urlFromEnv": {
                  "description": "The environment variable that holds its address; never the address itself.",
                  "$ref": "common.schema.json#/$defs/envName"
                },
                "on": {
                  "description": "Which moments.",
                  "type": "array",
                  "items": {
                    "enum": [
                      "paused",
                      "failed",
                      "approval",
                      "completed",
                      "drift"
                    ]
                  },
                  "uniqueItems": true
                }
              }
            },
            "maxItems": 50
          },
          "drift": {
            "description": "What to do about differences outside rollouts.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "interval": {
                "description": "How often the whole fleet is compared, at least. Default 5m.",
                "$ref": "common.schema.json#/$defs/duration"
              },
              "action": {
                "description": "report: an issue. heal: order the desired spec again. Default report.",
                "enum": [
                  "report",
                  "heal"
                ]
              },
              "maxIssues": {
                "description": "Most open drift issues; above it, one issue for each group. Default 10.",
                "type": "integer",
                "minimum": 1,
                "maximum": 100
              }
            }
          },
          "signals": {
            "description": "Monitoring to listen to.",
            "type": "array",
            "items": {
              "description": "One source.",
              "type": "object",
              "additionalProperties": false,
              "required": [
                "name",
                "kind"
              ],
              "properties": {
                "name": {
                  "description": "A name for messages about it.",
                  "$ref": "common.schema.json#/$defs/name"
                },
                "kind": {
                  "description": "What it is.",
                  "enum": [
                    "alertmanager",
                    "prometheus",
                    "kafka"
                  ]
                },
                "urlFromEnv": {
                  "description": "The environment variable that holds its address; never the address itself.",
                  "$ref": "common.schema.json#/$defs/envName"
                }
              }
            },
            "maxItems": 50
          },
          "schedule": {
            "description": "When the loop runs by itself, besides being woken by events.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "tick": {
                "description": "When to decide. Default every 15 seconds.",
                "$ref": "common.schema.json#/$defs/cron"
              },
              "sweep": {
                "description": "When to compare with GitHub and catch up. Default every 5 minutes.",
                "$ref": "common.schema.json#/$defs/cron"
              }
            }
          },
          "ignore": {
            "description": "Globs of YAML files under the manifest root that are not manifests.",
            "type": "array",
            "items": {
              "description": "A glob, from the manifest root: `docs/**`.",
              "type": "string",
              "minLength": 1,
              "maxLength": 1000
            },
            "maxItems": 100
          }
        }
      }
    }
  },
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "freeze.schema.json",
    "title": "Freeze",
    "description": "When clusters must not be touched. An active freeze beats an active window.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "const": "flotilla.dev/v1"
      },
      "kind": {
        "const": "Freeze"
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/metadata"
      },
      "spec": {
        "description": "What the Freeze says.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "reason"
        ],
        "properties": {
          "select": {
            "description": "Which clusters. Default: every cluster.",
            "$ref": "common.schema.json#/$defs/selector"
          },
          "products": {
            "description": "Of which products. Default: every product.",
            "type": "array",
            "items": {
              "$ref": "common.schema.json#/$defs/name"
            },
            "uniqueItems": true,
            "minItems": 1,
            "maxItems": 100
          },
          "from": {
            "description": "When it begins; with `to`, in place of a schedule.",
            "$ref": "common.schema.json#/$defs/instant"
          },
          "to": {
            "description": "When it ends.",
            "$ref": "common.schema.json#/$defs/instant"
          },
          "schedule": {
            "description": "When it begins again and again; in place of `from` and `to`.",
            "$ref": "common.schema.json#/$defs/schedule"
          },
          "scope": {
            "$ref": "common.schema.json#/$defs/scope"
          },
          "allowRollback": {
            "description": "May a rollback go during the freeze? Default true.",
            "type": "boolean"
          },
          "allowExpedite": {
            "description": "May an expedited rollout go during the freeze? Default false.",
            "type": "boolean"
          },
          "overrun": {
            "description": "What happens to a cluster in flight when the freeze begins. Default finish.",
            "enum": [
              "finish",
              "hold"
            ]
          },
          "reason": {
            "description": "Why. It is shown wherever the freeze holds something back.",
            "$ref": "common.schema.json#/$defs/reason"
          }
        },
        "oneOf": [
          {
            "required": [
              "from",
              "to"
            ]
          },
          {
            "required": [
              "schedule"
            ]
          }
        ]
      }
    }
  },
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "operation.schema.json",
    "title": "Operation",
    "description": "A one-shot on a selection of clusters. To run it again, give it a new name.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "const": "flotilla.dev/v1"
      },
      "kind": {
        "const": "Operation"
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/metadata"
      },
      "spec": {
        "description": "What the Operation says.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "action",
          "product",
          "select",
          "reason"
        ],
        "properties": {
          "action": {
            "enum": [
              "rolling-restart",
              "rebalance",
              "config-reload"
            ],
            "description": "What to do."
          },
          "product": {
            "description": "The Product whose clusters it concerns.",
            "$ref": "common.schema.json#/$defs/name"
          },
          "select": {
            "description": "Which clusters of the product.",
            "$ref": "common.schema.json#/$defs/selector"
          },
          "strategy": {
            "description": "How it travels. Default: the default strategy of the fleet.",
            "$ref": "common.schema.json#/$defs/name"
          },
          "reason": {
            "$ref": "common.schema.json#/$defs/reason"
          }
        }
      }
    }
  },
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "product.schema.json",
    "title": "Product",
    "description": "A kind of software that is rolled out.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "const": "flotilla.dev/v1"
      },
      "kind": {
        "const": "Product"
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/metadata"
      },
      "spec": {
        "description": "What the Product says.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "workload",
          "versions"
        ],
        "properties": {
          "description": {
            "description": "What this product is.",
            "type": "string",
            "minLength": 1,
            "maxLength": 1000
          },
          "workload": {
            "description": "How it is applied.",
            "type": "object",
            "additionalProperties": false,
            "required": [
              "kind"
            ],
            "properties": {
              "kind": {
                "description": "Kind of the workload object.",
                "enum": [
                  "StatefulSet",
                  "Deployment",
                  "Strimzi.Kafka",
                  "Strimzi.KafkaConnect",
                  "CFK.Kafka",
                  "CFK.Connect",
                  "CFK.KsqlDB",
                  "CFK.SchemaRegistry",
                  "Custom"
                ]
              },
              "container": {
                "description": "Container whose image is the version.",
                "type": "string",
                "minLength": 1,
                "maxLength": 1000
              },
              "configMap": {
                "description": "ConfigMap in the namespace of the workload that holds the settings, a key for each; `{name}` stands for the name of the workload. Without it, settings reach no pod.",
                "type": "string",
                "pattern": "^(?:[a-z0-9]|[a-z0-9][-a-z0-9.]*)?\\{name\\}[-a-z0-9.]*$",
                "maxLength": 100
              },
              "field": {
                "description": "Field of the object that holds the version.",
                "type": "string",
                "minLength": 1,
                "maxLength": 1000
              }
            }
          },
          "versions": {
            "description": "Versions that may be desired.",
            "type": "array",
            "items": {
              "description": "One version.",
              "type": "object",
              "additionalProperties": false,
              "required": [
                "version"
              ],
              "properties": {
                "version": {
                  "description": "The version, in quotes.",
                  "$ref": "common.schema.json#/$defs/version"
                },
                "image": {
                  "description": "The image that it is.",
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 500
                },
                "from": {
                  "description": "Versions it may be reached from, besides those that the general rule allows.",
                  "type": "array",
                  "items": {
                    "$ref": "common.schema.json#/$defs/version"
                  },
                  "maxItems": 50
                },
                "metadataVersion": {
                  "description": "Metadata version to raise to, as a second step after the soak.",
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 40
                },
                "withdrawn": {
                  "description": "No longer to be rolled out; the reason.",
                  "type": "string",
                  "minLength": 3,
                  "maxLength": 1000
                }
              }
            },
            "minItems": 1,
            "maxItems": 500
          },
          "upgrades": {
            "description": "Which jumps are legal.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "skipMinors": {
                "description": "May a minor version be skipped? Default false.",
                "type": "boolean"
              },
              "downgrade": {
                "description": "How far back a rollback may go: nowhere, to an earlier patch, to an earlier minor. Default minor.",
                "enum": [
                  "none",
                  "patch",
                  "minor"
                ]
              },
              "minimumInterval": {
                "description": "Least time between two upgrades of one cluster.",
                "$ref": "common.schema.json#/$defs/duration"
              }
            }
          },
          "requires": {
            "description": "Products that go first where both change.",
            "type": "array",
            "items": {
              "$ref": "common.schema.json#/$defs/name"
            },
            "uniqueItems": true,
            "maxItems": 20
          },
          "criticalAlerts": {
            "description": "Alerts that halt a rollout.",
            "type": "array",
            "items": {
              "description": "Alert name.",
              "type": "string",
              "minLength": 1,
              "maxLength": 200
            },
            "uniqueItems": true,
            "maxItems": 50
          },
          "healthChecks": {
            "description": "Questions asked of monitoring.",
            "type": "array",
            "items": {
              "description": "One check.",
              "type": "object",
              "additionalProperties": false,
              "required": [
                "name",
                "query"
              ],
              "properties": {
                "name": {
                  "description": "A name for messages about it.",
                  "$ref": "common.schema.json#/$defs/name"
                },
                "query": {
                  "description": "A Prometheus query that has a result when the cluster is unhealthy.",
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 1000
                },
                "after": {
                  "description": "How long to wait before it is asked.",
                  "$ref": "common.schema.json#/$defs/duration"
                }
              }
            },
            "maxItems": 50
          },
          "deadline": {
            "description": "How long one cluster may take before it counts as failed.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "base": {
                "description": "The part for any cluster. Default 10m.",
                "$ref": "common.schema.json#/$defs/duration"
              },
              "perReplica": {
                "description": "Added for each replica. Default 5m.",
                "$ref": "common.schema.json#/$defs/duration"
              }
            }
          },
          "config": {
            "description": "Settings of every cluster of this product, below those of the release.",
            "$ref": "common.schema.json#/$defs/config"
          }
        }
      }
    }
  },
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "release.schema.json",
    "title": "Release",
    "description": "The desired version and configuration of a product for a selection of clusters. Editing one line here is a rollout.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "const": "flotilla.dev/v1"
      },
      "kind": {
        "const": "Release"
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/metadata"
      },
      "spec": {
        "description": "What the Release says.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "product",
          "version",
          "select"
        ],
        "properties": {
          "product": {
            "description": "The Product that is released.",
            "$ref": "common.schema.json#/$defs/name"
          },
          "version": {
            "description": "The version that clusters should run, in quotes.",
            "$ref": "common.schema.json#/$defs/version"
          },
          "imageDigest": {
            "$ref": "common.schema.json#/$defs/imageDigest"
          },
          "config": {
            "description": "Settings of these clusters, above those of the Product.",
            "$ref": "common.schema.json#/$defs/config"
          },
          "featureFlags": {
            "description": "Feature flags of these clusters.",
            "$ref": "common.schema.json#/$defs/featureFlags"
          },
          "select": {
            "description": "Which clusters of the product. Each cluster must be selected by exactly one release.",
            "$ref": "common.schema.json#/$defs/selector"
          },
          "strategy": {
            "description": "How a change travels. Default: the default strategy of the fleet.",
            "$ref": "common.schema.json#/$defs/name"
          },
          "urgency": {
            "description": "How urgent it is. Default routine.",
            "enum": [
              "routine",
              "hotfix",
              "security"
            ]
          },
          "exceptions": {
            "description": "Clusters of the selection that run something else for a while.",
            "type": "array",
            "items": {
              "description": "One exception.",
              "type": "object",
              "additionalProperties": false,
              "required": [
                "clusters",
                "version",
                "reason",
                "expires"
              ],
              "properties": {
                "clusters": {
                  "description": "Names of the clusters.",
                  "type": "array",
                  "items": {
                    "$ref": "common.schema.json#/$defs/name"
                  },
                  "minItems": 1,
                  "maxItems": 1000,
                  "uniqueItems": true
                },
                "version": {
                  "description": "The version that they run, in quotes.",
                  "$ref": "common.schema.json#/$defs/version"
                },
                "reason": {
                  "$ref": "common.schema.json#/$defs/reason"
                },
                "expires": {
                  "description": "When somebody should look at it again. Time alone moves no cluster: past it, the exception is reported and holds until it is removed.",
                  "$ref": "common.schema.json#/$defs/instant"
                }
              }
            },
            "maxItems": 100
          },
          "canaryWaiver": {
            "description": "Lets a new version go on although no cluster of a canary phase can try it, because all are pinned or opted out.",
            "type": "object",
            "additionalProperties": false,
            "required": [
              "reason",
              "expires"
            ],
            "properties": {
              "reason": {
                "$ref": "common.schema.json#/$defs/reason"
              },
              "expires": {
                "description": "When somebody should look at it again. Past it, the waiver is reported and holds until it is removed.",
                "$ref": "common.schema.json#/$defs/instant"
              }
            }
          }
        }
      }
    }
  },
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "strategy.schema.json",
    "title": "Strategy",
    "description": "How a change travels through the clusters of a release.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "const": "flotilla.dev/v1"
      },
      "kind": {
        "const": "Strategy"
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/metadata"
      },
      "spec": {
        "description": "What the Strategy says.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "phases"
        ],
        "properties": {
          "description": {
            "description": "When to use it.",
            "type": "string",
            "minLength": 1,
            "maxLength": 1000
          },
          "phases": {
            "description": "In this order. Every cluster of the release must be in exactly one.",
            "type": "array",
            "items": {
              "description": "One phase. Its members: select by labels, draw a cohort, or take the rest.",
              "type": "object",
              "additionalProperties": false,
              "required": [
                "name",
                "maxConcurrent",
                "soak"
              ],
              "properties": {
                "name": {
                  "description": "What messages and approvals call it.",
                  "$ref": "common.schema.json#/$defs/name"
                },
                "select": {
                  "description": "Members by their labels.",
                  "$ref": "common.schema.json#/$defs/selector"
                },
                "cohort": {
                  "description": "Members drawn by a hash of seed and cluster name, from those that no phase selects by labels.",
                  "type": "object",
                  "additionalProperties": false,
                  "required": [
                    "size"
                  ],
                  "properties": {
                    "size": {
                      "description": "A number, or a share of the clusters that no phase selects by labels.",
                      "$ref": "common.schema.json#/$defs/capacity"
                    },
                    "stratifyBy": {
                      "description": "The label over whose values the cohort is spread in proportion.",
                      "$ref": "common.schema.json#/$defs/labelKey"
                    },
                    "seed": {
                      "description": "Another seed draws other clusters. Default: the name of the release, so the same clusters go first each time.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 100
                    }
                  }
                },
                "rest": {
                  "description": "Takes every cluster that no other phase has, wherever it stands. Cohorts need such a phase, because percentages round down.",
                  "const": true
                },
                "canary": {
                  "description": "An empty canary phase is an error; another empty phase is skipped. Default false.",
                  "type": "boolean"
                },
                "maxConcurrent": {
                  "description": "Most clusters of the phase that have been changed and have not soaked yet: what can break at once.",
                  "$ref": "common.schema.json#/$defs/capacity"
                },
                "soak": {
                  "description": "How long one cluster must be seen healthy at its new revision before it counts as done. It keeps its place in every limit meanwhile. 0s is a value.",
                  "$ref": "common.schema.json#/$defs/duration"
                },
                "bake": {
                  "description": "How long the phase waits after all its clusters have soaked, before the next one begins. It holds no place in any limit. Default 0s.",
                  "$ref": "common.schema.json#/$defs/duration"
                },
                "approval": {
                  "description": "People who must agree. Default: nobody.",
                  "$ref": "common.schema.json#/$defs/approval"
                },
                "budgets": {
                  "description": "Of this phase. Default: failed 0, unreachable 0, deferred 0.",
                  "$ref": "common.schema.json#/$defs/budgets"
                },
                "maxDuration": {
                  "description": "After it, clusters that have not been started are deferred.",
                  "$ref": "common.schema.json#/$defs/duration"
                },
                "order": {
                  "description": "Order inside the phase. Default: by hash.",
                  "type": "object",
                  "additionalProperties": false,
                  "required": [
                    "by"
                  ],
                  "properties": {
                    "by": {
                      "description": "By hash of the name, or by the value of a label.",
                      "enum": [
                        "hash",
                        "label"
                      ]
                    },
                    "label": {
                      "description": "The label to order by.",
                      "$ref": "common.schema.json#/$defs/labelKey"
                    },
                    "descending": {
                      "description": "From the last value to the first. Default false.",
                      "type": "boolean"
                    }
                  }
                },
                "onFailure": {
                  "description": "What to do when the failure budget is spent. Default pause.",
                  "enum": [
                    "pause",
                    "rollback"
                  ]
                }
              },
              "oneOf": [
                {
                  "required": [
                    "select"
                  ]
                },
                {
                  "required": [
                    "cohort"
                  ]
                },
                {
                  "required": [
                    "rest"
                  ]
                }
              ]
            },
            "minItems": 1,
            "maxItems": 50
          },
          "maxConcurrent": {
            "description": "Most clusters that have not soaked yet, over all phases.",
            "$ref": "common.schema.json#/$defs/capacity"
          },
          "budgets": {
            "description": "Of the whole rollout. Default: no limit beyond those of the phases.",
            "$ref": "common.schema.json#/$defs/budgets"
          },
          "rollback": {
            "description": "What is different in a phase whose clusters all go back to what they ran before.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "maxConcurrent": {
                "description": "In place of that of each phase.",
                "$ref": "common.schema.json#/$defs/capacity"
              },
              "soak": {
                "description": "In place of that of each phase.",
                "$ref": "common.schema.json#/$defs/duration"
              },
              "bake": {
                "description": "In place of that of each phase.",
                "$ref": "common.schema.json#/$defs/duration"
              }
            }
          },
          "guard": {
            "description": "How long clusters that succeeded are watched after the rollout has ended: one that breaks in that time stops the release. Default 30m.",
            "$ref": "common.schema.json#/$defs/duration"
          },
          "rescue": {
            "description": "Clusters that an earlier rollout left broken or half-way go before their turn.",
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "maxConcurrent": {
                "description": "Most of them at once, out of the clusters that the rollout changes. Default 10%.",
                "$ref": "common.schema.json#/$defs/capacity"
              }
            }
          }
        }
      }
    }
  },
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "window.schema.json",
    "title": "Window",
    "description": "When clusters may be touched. A cluster that no window concerns may be touched at any time.",
    "type": "object",
    "additionalProperties": false,
    "required": [
      "apiVersion",
      "kind",
      "metadata",
      "spec"
    ],
    "properties": {
      "apiVersion": {
        "const": "flotilla.dev/v1"
      },
      "kind": {
        "const": "Window"
      },
      "metadata": {
        "$ref": "common.schema.json#/$defs/metadata"
      },
      "spec": {
        "description": "What the Window says.",
        "type": "object",
        "additionalProperties": false,
        "required": [
          "schedule",
          "reason"
        ],
        "properties": {
          "select": {
            "description": "Which clusters. Default: every cluster.",
            "$ref": "common.schema.json#/$defs/selector"
          },
          "products": {
            "description": "Of which products. Default: every product.",
            "type": "array",
            "items": {
              "$ref": "common.schema.json#/$defs/name"
            },
            "uniqueItems": true,
            "minItems": 1,
            "maxItems": 100
          },
          "schedule": {
            "description": "When clusters may be touched.",
            "$ref": "common.schema.json#/$defs/schedule"
          },
          "scope": {
            "$ref": "common.schema.json#/$defs/scope"
          },
          "allowRollback": {
            "description": "May a rollback go outside the window? Default true.",
            "type": "boolean"
          },
          "allowExpedite": {
            "description": "May an expedited rollout go outside the window? Default true.",
            "type": "boolean"
          },
          "overrun": {
            "description": "What happens to a cluster in flight when the window closes. Default finish.",
            "enum": [
              "finish",
              "hold"
            ]
          },
          "reason": {
            "description": "Why. It is shown wherever the window holds something back.",
            "$ref": "common.schema.json#/$defs/reason"
          }
        }
      }
    }
  }
];
