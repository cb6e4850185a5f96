import { adviceOn, edgesOf, mainSpan } from "../../src/recording/advice.ts";
import { plainFigures } from "../../src/recording/comparison.ts";
import { type Diagnosis, diagnose, diagnosisText, limitParts, withWaitsSpread } from "../../src/recording/diagnosis.ts";
import { findingOf, memoryBoundBytes } from "../../src/recording/evidence.ts";
import { evidenceOf, type RunEvidence } from "../../src/recording/limit-evidence.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { figuresOf } from "../../src/recording/run-figures.ts";
import { samplingOf, samplingText } from "../../src/recording/sampling.ts";
import { sourceText } from "../../src/recording/source-words.ts";
import { verdictSentence } from "../../src/recording/verdict-sentence.ts";
import { WALL_TIME_PARTS, type WallTime, wallTimeOf } from "../../src/recording/wall-time.ts";
import type { FigureInfo, LimitInfo, RunInfo, WallTimeInfo } from "./model.ts";

/** Returns what the terminal's summary says of a run, by the same rules. `startMs`: the command's start. */
export function knownOf(recording: Recording, startMs: number): RunInfo["known"] {
  const figures = figuresOf(recording);
  const info = (resource: "cpu" | "memory", seenHighest: number | null = null): FigureInfo => {
    const { value = null, highest, source, reason = null, isContradicted } = findingOf(resource, figures);
    const most = Number.isFinite(highest) ? highest : null;
    const known = source === undefined ? null : sourceText(source);
    return { value, highest: most, seenHighest, source: known, contradiction: isContradicted ? reason : null };
  };
  const evidence = evidenceOf(recording, figures);
  const limits = evidence ? diagnose(evidence) : [];
  const isStarved = limits.some(({ limitedBy }) => limitedBy === "cpu_starved");
  const usableCpus = evidence?.steps[0]?.cpus ?? Number.NaN;
  return {
    cpu: info("cpu"),
    memory: info("memory", memoryBoundBytes(figures) ?? null),
    usableCpus: Number.isNaN(usableCpus) ? null : usableCpus,
    limits: evidence ? limitsInfo(limits, evidence, startMs) : [],
    samples: samplingText(samplingOf(recording), isStarved) ?? null,
    sentence: verdictSentence(limits) ?? null,
    wallTime: evidence ? wallTimeInfo(evidence, startMs) : null,
    figures: plainFigures(figures),
  };
}

function limitsInfo(limits: readonly Diagnosis[], evidence: RunEvidence, startMs: number): LimitInfo[] {
  const steps = withWaitsSpread(evidence.steps);
  const places = new Map(steps.map((step, at) => [step, at]));
  const parts = limitParts(steps);
  return limits.map((limit, at) => {
    const { limitedBy, share, isKill = false, hasTraffic = false } = limit;
    // A kill has no share: what else was short of memory is another finding.
    const part = share === undefined ? undefined : parts.find(({ rule }) => rule.limit === limitedBy);
    const span = part && mainSpan(evidence, new Map(part.steps.map(([step, held]) => [places.get(step)!, held])));
    return {
      what: limitedBy,
      text: diagnosisText(limit, at === 0),
      isKill,
      hasTraffic,
      share: share ?? null,
      help: adviceOn(limit, steps[0]),
      span: span ? { fromMs: startMs + span.from * 1000, toMs: startMs + span.to * 1000 } : null,
    };
  });
}

/** The course has at most so many parts: it is a strip, not a chart. */
const MOST_PARTS = 200;

function wallTimeInfo(evidence: RunEvidence, startMs: number): WallTimeInfo | null {
  const whole = wallTimeOf(evidence);
  if (!whole) return null;
  const steps = withWaitsSpread(evidence.steps);
  const edges = edgesOf(steps);
  const size = Math.ceil(steps.length / MOST_PARTS);
  const course = [];
  for (let first = 0; first < steps.length; first += size) {
    const some = steps.slice(first, first + size);
    const shares = wallTimeOf({ ...evidence, steps: some });
    if (!shares) continue;
    const [from, to] = [edges[first]!, edges[first + some.length]!];
    course.push({ fromMs: startMs + from * 1000, toMs: startMs + to * 1000, shares: rounded(shares) });
  }
  return { shares: rounded(whole), areWaitsSeen: whole.areWaitsSeen, course };
}

/** A report holds these as text: more digits than a strip shows would only make it larger. */
function rounded(shares: WallTime): number[] {
  return WALL_TIME_PARTS.map((part) => Math.round(shares[part] * 1000) / 1000);
}
