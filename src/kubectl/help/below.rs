//! What verbs below a group do, as the group's help lists them (the `Short` of kubectl's commands).

/// A command line and its short description.
const SHORT: &[(&str, &str)] = &[
    (
        "apply set-last-applied",
        "Set the last-applied-configuration annotation on a live object to match the contents of a file",
    ),
    (
        "apply view-last-applied",
        "View the latest last-applied-configuration annotations of a resource/object",
    ),
    ("auth can-i", "Check whether an action is allowed"),
    (
        "auth reconcile",
        "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects",
    ),
    ("auth whoami", "Experimental: Check self subject attributes"),
    ("cluster-info dump", "Dump relevant information for debugging and diagnosis"),
    ("config current-context", "Display the current-context"),
    ("config delete-cluster", "Delete the specified cluster from the kubeconfig"),
    ("config delete-context", "Delete the specified context from the kubeconfig"),
    ("config delete-user", "Delete the specified user from the kubeconfig"),
    ("config get-clusters", "Display clusters defined in the kubeconfig"),
    ("config get-contexts", "Describe one or many contexts"),
    ("config get-users", "Display users defined in the kubeconfig"),
    ("config rename-context", "Rename a context from the kubeconfig file"),
    ("config set", "Set an individual value in a kubeconfig file"),
    ("config set-cluster", "Set a cluster entry in kubeconfig"),
    ("config set-context", "Set a context entry in kubeconfig"),
    ("config set-credentials", "Set a user entry in kubeconfig"),
    ("config unset", "Unset an individual value in a kubeconfig file"),
    ("config use-context", "Set the current-context in a kubeconfig file"),
    ("config view", "Display merged kubeconfig settings or a specified kubeconfig file"),
    ("create clusterrole", "Create a cluster role"),
    ("create clusterrolebinding", "Create a cluster role binding for a particular cluster role"),
    ("create configmap", "Create a config map from a local file, directory or literal value"),
    ("create cronjob", "Create a cron job with the specified name"),
    ("create deployment", "Create a deployment with the specified name"),
    ("create ingress", "Create an ingress with the specified name"),
    ("create job", "Create a job with the specified name"),
    ("create namespace", "Create a namespace with the specified name"),
    ("create poddisruptionbudget", "Create a pod disruption budget with the specified name"),
    ("create priorityclass", "Create a priority class with the specified name"),
    ("create quota", "Create a quota with the specified name"),
    ("create role", "Create a role with single rule"),
    ("create rolebinding", "Create a role binding for a particular role or cluster role"),
    ("create secret", "Create a secret using a specified subcommand"),
    ("create secret docker-registry", "Create a secret for use with a Docker registry"),
    ("create secret generic", "Create a secret from a local file, directory, or literal value"),
    ("create secret tls", "Create a TLS secret"),
    ("create service", "Create a service using a specified subcommand"),
    ("create service clusterip", "Create a ClusterIP service"),
    ("create service externalname", "Create an ExternalName service"),
    ("create service loadbalancer", "Create a LoadBalancer service"),
    ("create service nodeport", "Create a NodePort service"),
    ("create serviceaccount", "Create a service account with the specified name"),
    ("create token", "Request a service account token"),
    ("rollout history", "View rollout history"),
    ("rollout pause", "Mark the provided resource as paused"),
    ("rollout restart", "Restart a resource"),
    ("rollout resume", "Resume a paused resource"),
    ("rollout status", "Show the status of the rollout"),
    ("rollout undo", "Undo a previous rollout"),
    ("set env", "Update environment variables on a pod template"),
    ("set image", "Update the image of a pod template"),
    ("set resources", "Update resource requests/limits on objects with pod templates"),
    ("set selector", "Set the selector on a resource"),
    ("set serviceaccount", "Update the service account of a resource"),
    ("set subject", "Update the user, group, or service account in a role binding or cluster role binding"),
    ("top node", "Display resource (CPU/memory) usage of nodes"),
    ("top pod", "Display resource (CPU/memory) usage of pods"),
];

/// The short description of the verb at a path such as `kubectl create job`.
pub(super) fn short(path: &str) -> &'static str {
    let line = path.strip_prefix("kubectl ").unwrap_or(path);
    SHORT.iter().find(|(known, _)| *known == line).map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubectl::verb::Verb;
    use crate::kubectl::verbs::VERBS;

    #[test]
    fn every_verb_of_a_group_has_a_short_description() {
        fn check(verb: &Verb) {
            for below in verb.verbs {
                assert!(!short(below.path).is_empty(), "{}", below.path);
                check(below);
            }
        }
        for verb in VERBS {
            check(verb);
        }
    }
}
