import datetime

import kopf
import kubernetes

TIME_TO_LIVE = datetime.timedelta(minutes=10)


def finished(status, **_):
    return status.get("phase") in ("Succeeded", "Failed")


@kopf.on.startup()
def configure(settings, **_):
    kubernetes.config.load_incluster_config()
    settings.persistence.finalizer = "examples.example.com/finished-pods"


@kopf.timer("v1", "pods", interval=30, initial_delay=0, when=finished)
def tidy(name, namespace, meta, status, body, **_):
    ends = [
        container["state"]["terminated"]["finishedAt"]
        for container in status.get("containerStatuses", [])
        if "terminated" in container.get("state", {})
    ]
    last = datetime.datetime.fromisoformat(max(ends, default=meta["creationTimestamp"]))
    if datetime.datetime.now(datetime.UTC) < last + TIME_TO_LIVE:
        return
    try:
        kubernetes.client.CoreV1Api().delete_namespaced_pod(name, namespace)
    except kubernetes.client.ApiException as error:
        if error.status != 404:
            raise
    kopf.event(body, type="Normal", reason="TimeToLive", message="Finished more than 10m ago")
