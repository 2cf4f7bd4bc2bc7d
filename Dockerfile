# SPDX-License-Identifier: Apache-2.0
# The steps are scripts that ./dev uses too, or that scripts/image_test.sh runs
# in a chroot, so that they are tested where there is no Docker.
#
#   docker build -t freshet .
#   docker run --read-only --cap-drop ALL --tmpfs /tmp \
#     -v freshet:/var/lib/freshet -v ./freshet.yaml:/etc/freshet/freshet.yaml:ro \
#     -p 7600:7600 freshet
#
# The file that is mounted must say `listen: {data: 0.0.0.0:7600}`: inside a
# container, loopback is nobody else's.
FROM debian:12 AS build
WORKDIR /src
COPY scripts/ scripts/
RUN scripts/setup.sh build
COPY . .
RUN scripts/image.sh /out

FROM debian:12-slim
WORKDIR /setup
COPY scripts/ scripts/
RUN scripts/setup.sh --no-python run
COPY --from=build /out/ /
WORKDIR /
USER 65532:65532
VOLUME /var/lib/freshet
EXPOSE 7600 7601 7602
ENTRYPOINT ["/usr/bin/freshetd", "--config", "/etc/freshet/freshet.yaml"]
