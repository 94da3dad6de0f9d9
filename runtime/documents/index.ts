import type { DocumentKind } from './document-kind.ts'

type LoadKind = () => Promise<DocumentKind<unknown>>

/**
 * The kinds of documents that commands write. A command loads those that it has to do with; names
 * alone load none. Of several in a folder `report` shows the first one that has a page.
 */
export const documents = {
  result: async () => (await import('./result.ts')).resultKind,
  comparison: async () => (await import('./comparison.ts')).comparisonKind,
  memory: async () => (await import('./memory.ts')).memoryKind,
  audit: async () => (await import('./audit.ts')).auditKind,
  plan: async () => (await import('./plan.ts')).planKind,
  gate: async () => (await import('./gate.ts')).gateKind,
  'gate-baseline': async () => (await import('./gate-baseline.ts')).gateBaselineKind,
  variants: async () => (await import('./variants.ts')).variantsKind,
  noise: async () => (await import('./noise.ts')).noiseKind,
  idle: async () => (await import('./idle.ts')).idleKind,
  sweep: async () => (await import('./sweep.ts')).sweepKind,
  'sweep-manifest': async () => (await import('./sweep-manifest.ts')).sweepManifestKind,
  blame: async () => (await import('./blame.ts')).blameKind,
  fit: async () => (await import('./fit.ts')).fitKind,
  evidence: async () => (await import('./evidence.ts')).evidenceKind,
  profile: async () => (await import('./profile.ts')).profileKind,
  trace: async () => (await import('./trace.ts')).traceKind,
  'trace-fit': async () => (await import('./trace-fit.ts')).traceFitKind,
} as const satisfies Readonly<Record<string, LoadKind>>

export type DocumentName = keyof typeof documents

/** Kinds without a published format. */
const UNPUBLISHED: readonly string[] = ['trace', 'trace-fit'] satisfies DocumentName[]

/** The kinds that `spillway schema` prints. */
export const publishedNames = (Object.keys(documents) as DocumentName[]).filter(
  (name) => !UNPUBLISHED.includes(name),
)

/** A kind by a name that was checked. */
export const kindOf = (name: string): Promise<DocumentKind<unknown>> =>
  (documents as Readonly<Record<string, LoadKind>>)[name]!()

/** The files that users write. */
export const fileKinds = ['scenario', 'accelerator'] as const
