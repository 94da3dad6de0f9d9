import { drawDuration } from '../../../kernel/index.ts'
import { failureKind } from './failure-kind.ts'

/** The replica is lost with its batch, and restarts. */
export const crash = failureKind<'crash'>({
  kind: 'crash',
  lastsMs: ({ restart_s }, random) => 1000 * drawDuration(restart_s, random),
  effect: ({ detection_s }) => ({ detectionMs: 1000 * detection_s }),
})
