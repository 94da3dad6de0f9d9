import { visibleJson } from '../../scenarios/index.ts'

/** The first lines of a scenario that is written for a model. */
export const starterHead = (
  name: string,
  durationS: number,
) => `# yaml-language-server: $schema=./scenario.schema.json
spillway: 1 # format version
name: ${quoted(name)}
seed: 1 # the same seed gives the same requests
duration_s: ${durationS} # arrivals end here; then the queue drains
warmup_s: 1 # requests that arrive before this are not counted
`

/** A plain scalar of YAML, or the same in quotes where it would mean something else. */
export function quoted(text: string): string {
  const plain =
    /^[a-z_.][\w./@-]*$/i.test(text) && !/^(null|true|false|\.nan|[+-]?\.inf)$/i.test(text)
  return plain ? text : visibleJson(JSON.stringify(text))
}
