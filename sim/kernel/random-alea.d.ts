/** seedrandom's alea alone: its main module would load all generators. */
declare module 'seedrandom/lib/alea.js' {
  function alea(seed: string): () => number
  export = alea
}
