export { builtinContent } from './builtin-file.ts'
export {
  type ExecutionProvider,
  executionProviderNames,
  executionProviders,
} from './execution-providers.ts'
export { Feeds } from './feeds.ts'
export {
  contentOf,
  type InputSpec,
  type ModelFile,
  type ModelPlaces,
  materialise,
} from './model-file.ts'
export { isOutOfMemory } from './out-of-memory.ts'
export {
  detailOf,
  openSession,
  type SessionOptions,
  sessionOptions,
  supportedProviders,
} from './session.ts'
