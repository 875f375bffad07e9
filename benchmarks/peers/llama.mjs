// llama.cpp as a contender of PeerComparison: started as
//   node llama.mjs '{"model": FILE, "threads": N, "contextTokens": N, "batchTokens": N}'
// it writes one line of JSON when it is ready, then answers one line for each it reads:
//   {"prompt": N, "generate": 0, "depth": D}   evaluates N tokens at once after D others
//   {"prompt": 0, "generate": N, "depth": D}   evaluates N tokens one after another
// with {"seconds": S}. Both compute logits and a greedy choice where a caller of the library would:
// for the last token of a prompt, and for each token of a generation.
import {createInterface} from "node:readline";
import {readFile} from "node:fs/promises";
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

const options = JSON.parse(process.argv[2]);
const llama = await getLlama({
    gpu: false,
    build: "never",
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: options.threads
});
const model = await llama.loadModel({modelPath: options.model, ignoreMemorySafetyChecks: true});
// A context that is full is shifted: its oldest tokens would go.
const room = 64;
const context = await model.createContext({
    contextSize: options.contextTokens + room,
    batchSize: options.batchTokens,
    threads: {ideal: options.threads, min: options.threads},
    sequences: 1,
    ignoreMemorySafetyChecks: true
});
const sequence = context.getSequence();

// The tokens are never read as text: any would do.
const ordinaryTokens = 256;
const greedy = {generateNext: {token: true, options: {temperature: 0}}};
let seed = 1;

function nextToken() {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % ordinaryTokens;
}

function prompt(count) {
    const tokens = Array.from({length: count}, nextToken);
    return [...tokens.slice(0, -1), [tokens[count - 1], greedy]];
}

async function moveTo(depth) {
    const filled = sequence.nextTokenIndex;
    if (filled > depth)
        await sequence.eraseContextTokenRanges([{start: depth, end: filled}]);
    if (sequence.nextTokenIndex < depth)
        await sequence.controlledEvaluate(prompt(depth - sequence.nextTokenIndex));
    if (sequence.nextTokenIndex !== depth)
        throw new Error(`The context holds ${sequence.nextTokenIndex} tokens; expected ${depth}.`);
}

async function measure(test) {
    await moveTo(test.depth);
    const steps = [
        ...(test.prompt > 0 ? [prompt(test.prompt)] : []),
        ...Array.from({length: test.generate}, () => prompt(1))
    ];
    const start = performance.now();
    for (const step of steps)
        await sequence.controlledEvaluate(step);
    const seconds = (performance.now() - start) / 1000;
    const expected = test.depth + test.prompt + test.generate;
    if (sequence.nextTokenIndex !== expected)
        throw new Error(`The context holds ${sequence.nextTokenIndex} tokens; expected ${expected}.`);
    return {seconds};
}

function say(message) {
    process.stdout.write(JSON.stringify(message) + "\n");
}

const packageFile = new URL("node_modules/node-llama-cpp/package.json", import.meta.url);
const {version} = JSON.parse(await readFile(packageFile, "utf8"));
say({
    name: "llama.cpp",
    version: `${llama.llamaCppRelease.release} (node-llama-cpp ${version})`,
    settings: "flash attention and cache (F16) as by default"
});
for await (const line of createInterface({input: process.stdin}))
    say(await measure(JSON.parse(line)));
await llama.dispose();
