import type { RecordFormat } from '../request-record.ts'
import { type AccessLog, accessLogFormat } from './access-log.ts'
import { ALB } from './alb.ts'
import { ENVOY } from './envoy.ts'
import { HAPROXY } from './haproxy.ts'
import { NGINX } from './nginx.ts'

export { nginxReader } from './nginx.ts'

const LOGS: readonly AccessLog[] = [...NGINX, ...ENVOY, HAPROXY, ALB]

/** Access logs of servers and proxies; at most one of them looks like a file. */
export const ACCESS_LOGS: readonly RecordFormat[] = LOGS.map((log) =>
  accessLogFormat(log, (beginning) => logOf(beginning) === log),
)

/** The form of the first line that has one. */
function logOf(beginning: string): AccessLog | undefined {
  const lines = beginning.split(/\r?\n/)
  // the last line may be cut; a file may have no other
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines
  for (const line of whole) {
    const log = LOGS.find(({ fields }) => fields(line) !== null)
    if (log !== undefined) return log
  }
  return undefined
}
