import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { havePublished, SOURCE as PUBLISHED, SHARED } from '../articles/published.ts'

/** Data that are no part of the repository. */
export interface Source {
  /** where they are from, as the page names it */
  readonly text: string
  readonly isThere: () => boolean
}

export const LIBRARY = 'scenarios/library'

/** The Azure trace of a scenario by the scenario's name; null where it has none. */
function traceOf(scenario: string) {
  const [, kind] = /^azure-.*?(code|conv)$/.exec(scenario) ?? []
  if (kind === undefined) return null
  return { kind, path: fileURLToPath(new URL(`azure_llm_2023_${kind}.csv.gz`, SHARED)) }
}

/**
 * The override with which a scenario finds its trace; none where it has no trace. The path is
 * relative to the scenario: a result names it, and its digest is then the same on any machine.
 */
export function traceSet(scenario: string): string[] {
  const trace = traceOf(scenario)
  if (trace === null) return []
  return [`traffic.${trace.kind}.arrivals.file=${relative(LIBRARY, trace.path)}`]
}

/** The traces that scenarios need, each once. */
export function sourcesOf(scenarios: readonly string[]): Source[] {
  const kinds = new Map(
    scenarios.flatMap((name) => {
      const trace = traceOf(name)
      return trace === null ? [] : [[trace.kind, trace.path] as const]
    }),
  )
  return [...kinds].map(([kind, path]) => ({
    text: `Azure/AzurePublicDataset, data/AzureLLMInferenceTrace_${kind}.csv (CC-BY-4.0)`,
    isThere: () => existsSync(path),
  }))
}

/** Published rows of perf_analyzer. */
export const PUBLISHED_ROWS: Source = { text: PUBLISHED, isThere: havePublished }
