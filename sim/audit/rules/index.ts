import type { Rule } from '../rule.ts'
import { adaptiveLifo } from './adaptive-lifo.ts'
import { adaptiveSize } from './adaptive-size.ts'
import { batchSize } from './batch-size.ts'
import { batches } from './batches.ts'
import { bounds } from './bounds.ts'
import { buckets } from './buckets.ts'
import { concurrency } from './concurrency.ts'
import { conservation } from './conservation.ts'
import { corked } from './corked.ts'
import { deadlineShedding } from './deadline-shedding.ts'
import { delay } from './delay.ts'
import { executor } from './executor.ts'
import { fairness } from './fairness.ts'
import { fanOut } from './fan-out.ts'
import { idle } from './idle.ts'
import { kvCache } from './kv-cache.ts'
import { memory } from './memory.ts'
import { models } from './models.ts'
import { order } from './order.ts'
import { padding } from './padding.ts'
import { patience } from './patience.ts'
import { places } from './places.ts'
import { preferredSize } from './preferred-size.ts'
import { priorityShedding } from './priority-shedding.ts'
import { queueTimeout } from './queue-timeout.ts'
import { routing } from './routing.ts'
import { slack } from './slack.ts'
import { tokenBucket } from './token-bucket.ts'
import { tokens } from './tokens.ts'

/** Every rule. A new one is a file, and a line here. */
export const rules: readonly Rule[] = Object.freeze([
  conservation,
  batches,
  executor,
  order,
  fairness,
  batchSize,
  preferredSize,
  delay,
  idle,
  adaptiveSize,
  corked,
  slack,
  buckets,
  queueTimeout,
  bounds,
  priorityShedding,
  deadlineShedding,
  concurrency,
  tokenBucket,
  adaptiveLifo,
  patience,
  padding,
  models,
  routing,
  fanOut,
  places,
  kvCache,
  memory,
  tokens,
])
