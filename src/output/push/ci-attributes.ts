import type { Attribute } from "./otlp-streams.ts";

/*
 * What CI systems say of the job, as the `cicd.*` and `vcs.*` attributes of OpenTelemetry's conventions. Only the variables
 * that are named here are read: none of them is a secret, except what a URL may have before its host and after its path.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** A value with `$VARIABLES` in it, of which each must be set, or a part of a variable. */
type Source = string | { readonly of: string; readonly part: RegExp } | { readonly value: string; readonly if: string };

interface CiSystem {
  /** A variable that is set there and nowhere else. */
  readonly mark: string;
  /** The sources of each attribute; the first that gives a value counts. */
  readonly attributes: Readonly<Record<string, readonly Source[]>>;
}

/** The last part of a path. */
const LAST = /([^/]+)$/;

/** The head is a tag or a branch. */
function refType(tag: string, branch: string): readonly Source[] {
  return [
    { value: "tag", if: tag },
    { value: "branch", if: branch },
  ];
}

const GITHUB_LIKE: CiSystem["attributes"] = {
  "cicd.pipeline.name": ["$GITHUB_WORKFLOW"],
  "cicd.pipeline.run.id": ["$GITHUB_RUN_ID"],
  "cicd.pipeline.run.url.full": ["$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"],
  "cicd.pipeline.task.name": ["$GITHUB_JOB"],
  "cicd.worker.name": ["$RUNNER_NAME"],
  "vcs.owner.name": ["$GITHUB_REPOSITORY_OWNER"],
  "vcs.repository.name": [{ of: "GITHUB_REPOSITORY", part: LAST }],
  "vcs.repository.url.full": ["$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"],
  "vcs.ref.head.name": ["$GITHUB_HEAD_REF", "$GITHUB_REF_NAME"],
  "vcs.ref.head.type": ["$GITHUB_REF_TYPE"],
  "vcs.ref.head.revision": ["$GITHUB_SHA"],
  "vcs.ref.base.name": ["$GITHUB_BASE_REF"],
  "vcs.change.id": [{ of: "GITHUB_REF", part: /^refs\/pull\/(\d+)\// }],
};

/** The first whose mark is set counts: Gitea sets the variables of GitHub too. */
const CI_SYSTEMS: readonly CiSystem[] = [
  {
    mark: "GITEA_ACTIONS",
    attributes: { ...GITHUB_LIKE, "vcs.provider.name": [{ value: "gitea", if: "GITEA_ACTIONS" }] },
  },
  {
    mark: "GITHUB_ACTIONS",
    attributes: { ...GITHUB_LIKE, "vcs.provider.name": [{ value: "github", if: "GITHUB_ACTIONS" }] },
  },
  {
    mark: "GITLAB_CI",
    attributes: {
      "cicd.pipeline.name": ["$CI_PIPELINE_NAME"],
      "cicd.pipeline.run.id": ["$CI_PIPELINE_ID"],
      "cicd.pipeline.run.url.full": ["$CI_PIPELINE_URL"],
      "cicd.pipeline.task.name": ["$CI_JOB_NAME"],
      "cicd.pipeline.task.run.id": ["$CI_JOB_ID"],
      "cicd.pipeline.task.run.url.full": ["$CI_JOB_URL"],
      "cicd.worker.id": ["$CI_RUNNER_ID"],
      "cicd.worker.name": ["$CI_RUNNER_DESCRIPTION"],
      "vcs.provider.name": [{ value: "gitlab", if: "GITLAB_CI" }],
      "vcs.owner.name": ["$CI_PROJECT_NAMESPACE"],
      "vcs.repository.name": ["$CI_PROJECT_NAME"],
      // Not CI_REPOSITORY_URL, which has a token.
      "vcs.repository.url.full": ["$CI_PROJECT_URL"],
      "vcs.ref.head.name": ["$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "$CI_COMMIT_REF_NAME"],
      "vcs.ref.head.type": refType("CI_COMMIT_TAG", "CI_COMMIT_REF_NAME"),
      "vcs.ref.head.revision": ["$CI_COMMIT_SHA"],
      "vcs.ref.base.name": ["$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"],
      "vcs.ref.base.revision": ["$CI_MERGE_REQUEST_DIFF_BASE_SHA"],
      "vcs.change.id": ["$CI_MERGE_REQUEST_IID"],
    },
  },
  {
    mark: "JENKINS_URL",
    attributes: {
      "cicd.pipeline.name": ["$JOB_NAME"],
      "cicd.pipeline.run.id": ["$BUILD_NUMBER"],
      "cicd.pipeline.run.url.full": ["$BUILD_URL"],
      "cicd.pipeline.task.name": ["$STAGE_NAME"],
      "cicd.worker.name": ["$NODE_NAME"],
      "vcs.repository.url.full": ["$GIT_URL"],
      "vcs.ref.head.name": [
        ...["$TAG_NAME", "$CHANGE_BRANCH", "$BRANCH_NAME", "$GIT_LOCAL_BRANCH"],
        { of: "GIT_BRANCH", part: /^(?:origin\/)?(.+)$/ },
      ],
      "vcs.ref.head.type": [...refType("TAG_NAME", "BRANCH_NAME"), { value: "branch", if: "GIT_BRANCH" }],
      "vcs.ref.head.revision": ["$GIT_COMMIT"],
      "vcs.ref.base.name": ["$CHANGE_TARGET"],
      "vcs.change.id": ["$CHANGE_ID"],
    },
  },
  {
    mark: "BUILDKITE",
    attributes: {
      "cicd.pipeline.name": ["$BUILDKITE_PIPELINE_NAME", "$BUILDKITE_PIPELINE_SLUG"],
      "cicd.pipeline.run.id": ["$BUILDKITE_BUILD_ID"],
      "cicd.pipeline.run.url.full": ["$BUILDKITE_BUILD_URL"],
      "cicd.pipeline.task.name": ["$BUILDKITE_LABEL", "$BUILDKITE_STEP_KEY"],
      "cicd.pipeline.task.run.id": ["$BUILDKITE_JOB_ID"],
      "cicd.pipeline.task.run.url.full": ["$BUILDKITE_BUILD_URL#$BUILDKITE_JOB_ID"],
      "cicd.worker.id": ["$BUILDKITE_AGENT_ID"],
      "cicd.worker.name": ["$BUILDKITE_AGENT_NAME"],
      "vcs.repository.url.full": ["$BUILDKITE_REPO"],
      "vcs.ref.head.name": ["$BUILDKITE_TAG", "$BUILDKITE_BRANCH"],
      "vcs.ref.head.type": refType("BUILDKITE_TAG", "BUILDKITE_BRANCH"),
      // Until the agent has resolved it, it is the word HEAD.
      "vcs.ref.head.revision": [{ of: "BUILDKITE_COMMIT", part: /^([\da-f]{7,64})$/ }],
      "vcs.ref.base.name": ["$BUILDKITE_PULL_REQUEST_BASE_BRANCH"],
      // Without one, it is the word false.
      "vcs.change.id": [{ of: "BUILDKITE_PULL_REQUEST", part: /^(\d+)$/ }],
    },
  },
  {
    mark: "CIRCLECI",
    attributes: {
      "cicd.pipeline.run.id": ["$CIRCLE_WORKFLOW_ID"],
      "cicd.pipeline.task.name": ["$CIRCLE_JOB"],
      "cicd.pipeline.task.run.id": ["$CIRCLE_WORKFLOW_JOB_ID", "$CIRCLE_BUILD_NUM"],
      "cicd.pipeline.task.run.url.full": ["$CIRCLE_BUILD_URL"],
      "vcs.owner.name": ["$CIRCLE_PROJECT_USERNAME"],
      "vcs.repository.name": ["$CIRCLE_PROJECT_REPONAME"],
      "vcs.repository.url.full": ["$CIRCLE_REPOSITORY_URL"],
      "vcs.ref.head.name": ["$CIRCLE_TAG", "$CIRCLE_BRANCH"],
      "vcs.ref.head.type": refType("CIRCLE_TAG", "CIRCLE_BRANCH"),
      "vcs.ref.head.revision": ["$CIRCLE_SHA1"],
      "vcs.change.id": [{ of: "CIRCLE_PULL_REQUEST", part: LAST }, "$CIRCLE_PR_NUMBER"],
    },
  },
  {
    mark: "TF_BUILD",
    attributes: {
      "cicd.pipeline.name": ["$BUILD_DEFINITIONNAME"],
      "cicd.pipeline.run.id": ["$BUILD_BUILDID"],
      "cicd.pipeline.task.name": ["$SYSTEM_JOBDISPLAYNAME"],
      "cicd.pipeline.task.run.id": ["$SYSTEM_JOBID"],
      "cicd.worker.id": ["$AGENT_ID"],
      "cicd.worker.name": ["$AGENT_NAME"],
      "vcs.repository.name": [{ of: "BUILD_REPOSITORY_NAME", part: LAST }],
      "vcs.repository.url.full": ["$BUILD_REPOSITORY_URI"],
      "vcs.ref.head.name": [
        { of: "SYSTEM_PULLREQUEST_SOURCEBRANCH", part: /^refs\/heads\/(.+)$/ },
        { of: "BUILD_SOURCEBRANCH", part: /^refs\/(?:heads|tags)\/(.+)$/ },
      ],
      "vcs.ref.head.revision": ["$BUILD_SOURCEVERSION"],
      "vcs.ref.base.name": ["$SYSTEM_PULLREQUEST_TARGETBRANCHNAME"],
      "vcs.change.id": ["$SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "$SYSTEM_PULLREQUEST_PULLREQUESTID"],
    },
  },
  {
    mark: "BITBUCKET_BUILD_NUMBER",
    attributes: {
      "cicd.pipeline.run.id": ["$BITBUCKET_PIPELINE_UUID", "$BITBUCKET_BUILD_NUMBER"],
      "cicd.pipeline.task.run.id": ["$BITBUCKET_STEP_UUID"],
      "vcs.provider.name": [{ value: "bitbucket", if: "BITBUCKET_BUILD_NUMBER" }],
      "vcs.owner.name": ["$BITBUCKET_WORKSPACE"],
      "vcs.repository.name": ["$BITBUCKET_REPO_SLUG"],
      "vcs.repository.url.full": ["$BITBUCKET_GIT_HTTP_ORIGIN"],
      "vcs.ref.head.name": ["$BITBUCKET_TAG", "$BITBUCKET_BRANCH"],
      "vcs.ref.head.type": refType("BITBUCKET_TAG", "BITBUCKET_BRANCH"),
      "vcs.ref.head.revision": ["$BITBUCKET_COMMIT"],
      "vcs.ref.base.name": ["$BITBUCKET_PR_DESTINATION_BRANCH"],
      "vcs.change.id": ["$BITBUCKET_PR_ID"],
    },
  },
];

/** Returns what an environment says of the CI job in which we are; nothing outside of one that is known here. */
export function ciAttributes(env: Environment): readonly Attribute[] {
  const system = CI_SYSTEMS.find(({ mark }) => isSet(env[mark]));
  const found: Attribute[] = [];
  for (const [name, sources] of Object.entries(system?.attributes ?? {})) {
    for (const source of sources) {
      const value = valueOfSource(source, env);
      const shown = name.endsWith(".url.full") ? publicUrl(value) : value;
      if (shown === "") continue;
      found.push([name, shown]);
      break;
    }
  }
  return found;
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== "" && text !== "false";
}

/** Returns a value; empty: a variable of it is not set, or has no such part. */
function valueOfSource(source: Source, env: Environment): string {
  if (typeof source === "string") {
    const names = Array.from(source.matchAll(/\$(\w+)/g), ([, name]) => name!);
    if (names.some((name) => (env[name] ?? "") === "")) return "";
    return source.replace(/\$(\w+)/g, (_, name: string) => env[name]!);
  }
  if ("value" in source) return isSet(env[source.if]) ? source.value : "";
  return source.part.exec(env[source.of] ?? "")?.[1] ?? "";
}

/** A URL as everyone may see it: without user, password and query, in which tokens are. Empty: it is none of HTTP. */
function publicUrl(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return "";
  const url = new URL(text);
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}
