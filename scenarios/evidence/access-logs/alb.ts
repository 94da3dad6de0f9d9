import { RecordProblem, type RequestRecord } from '../request-record.ts'
import { type AccessLog, loggedRequest, sumIn, targetOf, timeIn } from './access-log.ts'
import { type Fields, linePattern } from './line-pattern.ts'
import { decimal, isoTime, scansByName, word } from './value-scans.ts'

/**
 * Access logs of the Application Load Balancer of AWS ("Access log entries" in its user guide):
 * request_creation_time is the arrival, time is the end. The three processing times, in s, run one
 * after the other until the answer begins to be sent; −1 stands for one that was not reached. A
 * quote inside a value is \x22. Entries are delivered with best effort and in no order: requests
 * may be missing. Lines of before 2018 end before request_creation_time, and are refused.
 */
const FORMAT =
  '$type $time $elb $client $target $request_processing_time $target_processing_time ' +
  '$response_processing_time $elb_status_code $target_status_code $received_bytes $sent_bytes ' +
  '"$request" "$user_agent" $ssl_cipher $ssl_protocol $target_group_arn "$trace_id" ' +
  '"$domain_name" "$chosen_cert_arn" $matched_rule_priority $request_creation_time "$rest'

const PHASES = ['request', 'target', 'response'].map((name) => `${name}_processing_time`)

const SCANS = scansByName(
  [isoTime, 'time request_creation_time'],
  [decimal, PHASES.join(' ')],
  [word, 'type elb client target elb_status_code target_status_code received_bytes sent_bytes'],
  [word, 'ssl_cipher ssl_protocol target_group_arn matched_rule_priority'],
)

const SECOND_MS = 1000

/** The arrival is in whole ms and the phases are rounded to ms, as the end is not. */
const ROUNDED_MS = 1

function albRecord(fields: Fields): RequestRecord {
  const sentMs = timeIn(fields, 'request_creation_time')
  const endMs = timeIn(fields, 'time')
  if (endMs < sentMs - ROUNDED_MS) {
    const [created, got] = ['request_creation_time', 'time'].map((name) => fields.get(name))
    throw new RecordProblem(`time: expected none before ${created}, got ${got}`)
  }
  const beganMs = sentMs + SECOND_MS * sumIn(fields, PHASES)
  return loggedRequest({
    sentMs,
    firstTokenMs: Math.min(beganMs, Math.max(endMs, sentMs)),
    endMs: Math.max(endMs, sentMs),
    status: fields.get('elb_status_code'),
    target: targetOf(fields.get('request')!),
  })
}

export const ALB: AccessLog = {
  name: 'aws-alb',
  title: 'AWS Application Load Balancer',
  timeStepMs: 1,
  expected: 'an entry of an Application Load Balancer with request_creation_time',
  fields: linePattern(FORMAT, SCANS).match,
  record: albRecord,
}
